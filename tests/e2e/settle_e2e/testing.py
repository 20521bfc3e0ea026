"""What the tests share: where the programs are, folders that go away, and a definition with short waits."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from .api import Api
from .processes import Stack, clean_environment, find_binary

BUILD = pathlib.Path(os.environ.get("SETTLE_BUILD", pathlib.Path(__file__).resolve().parents[3] / "build/dev"))
LONG = bool(os.environ.get("SETTLE_TEST_LONG"))


class Folder(unittest.TestCase):
    """A test with a folder of its own, which stays behind when the test fails."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="settle-e2e-"))
        self.addCleanup(self._clean)

    def _clean(self):
        outcome = self._outcome.result if hasattr(self._outcome, "result") else None
        failed = outcome is not None and any(test is self for test, _ in outcome.failures + outcome.errors)
        if failed:
            print(f"what it left is in {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def stack(self, definition=None, **more):
        """A started stack with everything registered and short waits; stopped when the test ends."""
        stack = Stack(BUILD, self.folder, **more)
        self.addCleanup(stack.stop)
        stack.start()
        self.api = Api(stack.settled.url)
        self.api.register(stack)
        hurry(self.api, definition)
        return stack


def hurry(api, more=None):
    """Makes the next version of `purchase` one that repeats within a second, so that tests need no hours; and what else is given."""
    definition = api.ask("GET", "/v1/definitions/purchase") | (more or {})
    for step in definition["steps"]:
        for operation in ("try", "confirm", "cancel", "deliver", "query"):
            for by_kind in ("on", "counted_apart"):  # kinds of error have no waits of their own then
                step[operation].pop(by_kind, None)
            step[operation] |= {"timeout_ms": 2_000,
                                "retry": {"kind": "exponential", "base_ms": 100, "factor_percent": 200, "cap_ms": 1_000,
                                          "attempts_max": 0 if operation in ("deliver", "query") else 12,
                                          "window_ms": 259_200_000 if operation == "deliver" else 0}}
    api.ask("PUT", "/v1/definitions/purchase", definition)


def order(number, **more):
    return {"shop": "shop-1", "order_id": f"T-{number}", "buyer": "b-1", "sku": "GAME-100", "quantity": 2, "amount": 2000,
            "currency": "CNY", "merchant": "m-1"} | more


def settlectl(*words, url=None, stdin=None, environment=None):
    """Exit code, standard output, standard error."""
    command = [str(find_binary(BUILD, "settlectl")), *map(str, words)]
    env = os.environ | {"SETTLE_URL": url or "http://127.0.0.1:1"} | (environment or {})
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=90, env=env, check=False)
    return done.returncode, done.stdout, done.stderr


def settled_once(*flags, timeout_s=60, prefix=()):
    """Runs settled until it ends by itself: exit code and everything that it said."""
    command = [*prefix, str(find_binary(BUILD, "settled")), *map(str, flags)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=timeout_s, check=False, env=clean_environment())
    return done.returncode, done.stdout


def states_of(api):
    """All that settled knows of its purchases, comparable over a restart."""
    return {one["id"]: json.dumps([one["state"], one["decision"], one["steps"]], sort_keys=True) for one in api.purchases()}
