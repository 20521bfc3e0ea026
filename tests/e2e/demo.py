#!/usr/bin/env python3
"""scripts/run: settled and its services as real processes, a thousand purchases, a few disasters, and the books."""

import argparse
import contextlib
import fcntl
import os
import pathlib
import shutil
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from settle_e2e import books as bookkeeping
from settle_e2e import report, sample
from settle_e2e.api import Api, ApiError, Unreachable, until_at_rest
from settle_e2e.processes import E2eError, Stack
from settle_e2e.shops import Shops

ROOT = pathlib.Path(__file__).resolve().parents[2]
SLOW_FOR_MS = 3_000


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/run", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="how many purchases (default: 1000)")
    parser.add_argument("--serve", action="store_true", help="leave everything up, and print what to play with")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release", help=argparse.SUPPRESS)
    parser.add_argument("--var", type=pathlib.Path, default=ROOT / "var", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if not 1 <= given.count <= 100_000:
        parser.error("--count is 1 to 100000")
    return given


class Disasters:
    """What goes wrong on the way, at fixed shares of the purchases. All of it on the main thread."""

    def __init__(self, stack, count):
        self.stack, self.notes, self.later = stack, [], []
        self.plan = sorted([(count * 5 // 100, self.kill("merchant")), (count * 20 // 100, self.kill("payment")),
                            (count * 40 // 100, self.slow("inventory")), (count * 60 // 100, self.kill("card")),
                            (count * 75 // 100, self.kill("inventory")), (count * 85 // 100, self.kill_settled)],
                           key=lambda entry: entry[0])

    def kill(self, name):
        def act():
            service = self.stack.services[name]
            service.kill()
            self.notes.append(f"{name} was killed with -9, and restarted 1 s later")
            self.later.append((time.monotonic() + 1, service.start))
        return act

    def kill_settled(self):
        self.stack.settled.kill()
        self.stack.settled.start()
        self.notes.append("settled itself was killed with -9, and restarted at once")

    def slow(self, name):
        def act():
            timeout_ms = timeout_of(Api(self.stack.settled.url), "reserve", "try")
            rule = {"operation": "try", "answer_late_ms": 2 * timeout_ms, "for_ms": SLOW_FOR_MS}
            Api(self.stack.services[name].url).ask("POST", "/admin/behave", rule)
            self.notes.append(f"{name} answered tries after {2 * timeout_ms / 1000:g} s, twice its timeout, for {SLOW_FOR_MS / 1000:g} s")
        return act

    def tick(self, done):
        for due in [entry for entry in self.later if entry[0] <= time.monotonic()]:
            self.later.remove(due)
            due[1]()
        if self.plan and done >= self.plan[0][0]:
            self.plan.pop(0)[1]()

    def finish(self):
        for _, act in self.later:
            act()
        self.later = []


def timeout_of(api, step_name, operation):
    definition = api.ask("GET", "/v1/definitions/purchase")
    step = next(step for step in definition["steps"] if step["name"] == step_name)
    return step[operation]["timeout_ms"]


def hurry(api):
    """Whoever watches does not want to wait for the callbacks' own schedule, which begins with two minutes."""
    api.ask("PUT", "/v1/policies/hurry", {"kind": "fixed", "base_ms": 3_000, "attempts_max": 100, "window_ms": 3_600_000})
    definition = api.ask("GET", "/v1/definitions/purchase")
    definition["steps"][-1]["deliver"] = {"retry": "hurry"}  # whatever goes wrong
    definition.pop("version", None)
    api.ask("PUT", "/v1/definitions/purchase", definition)


def drive(stack, api, count):
    """All purchases through, disasters included. The shops, with what they saw."""
    progress = report.Progress(count)
    disasters = Disasters(stack, count)
    shops = Shops(api, sample.take(count)).start()
    while shops.running():
        disasters.tick(shops.done())
        progress.show(shops.done(), disasters.notes[-1] if disasters.notes else "")
        time.sleep(0.01)
    disasters.finish()
    progress.end("all answered")
    return shops, disasters


def settle_down(api, count):
    """Until every merchant has been told. The number of retries that an operator would have made."""
    progress = report.Progress(count)

    def note(still):
        wakes = sorted(one["next_wake_at"] for one in still if "next_wake_at" in one)
        when = f", the next attempt at {wakes[0][11:19]} UTC" if wakes else ""
        progress.show(count - len(still), f"{len(still)} wait for a service that was down{when}")

    retried = until_at_rest(api, 170, "scripts/run plays the operator", note)
    progress.end("all at rest")
    return retried


class InUse(Exception):
    """Another run is in our folder."""


@contextlib.contextmanager
def sole_user(var):
    """Nobody else may begin anew in `var` while we are in it: a lock beside it, which the kernel drops when we end."""
    file = var.with_name(var.name + ".lock")
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, "a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise InUse(f"another scripts/run on {var} is still running (pid {lock.read().strip() or 'unknown'}); "
                        "stop it first") from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def print_curl(stack):
    url, data = stack.settled.url, stack.folder
    print(f"""
Everything is up; Ctrl-C stops it. In another shell:

  export SETTLE_URL={url} PATH="{stack.build / 'coordinator/settlectl'}:$PATH"

  curl -s -X POST $SETTLE_URL/v1/purchases -H 'Content-Type: application/json' -H 'Idempotency-Key: K-1' \\
    -H 'Prefer: wait=10' -d '{{"shop":"shop-1","order_id":"K-1","buyer":"b-42","sku":"GAME-100","quantity":2,"amount":20000,"currency":"CNY","merchant":"m-1"}}'
  curl -s "$SETTLE_URL/v1/purchases?state=cancelled&limit=3"
  curl -s $SETTLE_URL/v1/participants
  settlectl list --limit 5
  settlectl show ID
  settlectl participant check payment --secret-file {data / 'secrets/payment'}

Services that can be told to misbehave (participants/services/README.md):""")
    report.table([[f"  {name}", process.url, f"pid {process.pid}", f"log {process.log}"]
                  for name, process in [("settled", stack.settled), *stack.services.items()]])
    print(f"""
  curl -s -X POST {stack.services['payment'].url}/admin/behave -d '{{"refuse": 1}}'        # decline the next purchase
  curl -s -X POST {stack.services['card'].url}/admin/behave -d '{{"die_at": "after_commit", "next": 1}}'
""", flush=True)


def run(given):
    shutil.rmtree(given.var, ignore_errors=True)
    given.var.mkdir(parents=True)
    print(f"Starting settled, inventory, payment, card and merchant, each with data under {given.var}", flush=True)
    with Stack(given.build, given.var) as stack:
        api = Api(stack.settled.url, timeout_s=90)
        api.register(stack)
        hurry(api)
        print(f"Driving {given.count:,} purchases from docs/examples/purchases.jsonl; merchants that are down are called each 3 s", flush=True)
        start = time.monotonic()
        shops, disasters = drive(stack, api, given.count)
        seconds = time.monotonic() - start
        print("Waiting until every merchant has been told (who was down is called again)", flush=True)
        retried = settle_down(api, given.count)
        purchases = list(api.purchases())
        good = print_report(stack, api, shops, disasters, purchases, seconds, retried, given.count)
        if given.serve:
            print_curl(stack)
            signal.pause()
        return 0 if good else 1


def print_report(stack, api, shops, disasters, purchases, seconds, retried, count):
    report.print_outcomes(purchases, seconds)
    report.print_latencies(shops.latencies_s)
    print("\nWhat went wrong on the way")
    for note in disasters.notes:
        print(f"  {note}")
    if retried:
        print(f"  {retried} parked steps were retried, as an operator would have")
    books = bookkeeping.Books(stack)
    complaints = bookkeeping.audit(books, purchases) + bookkeeping.check_handed_out(books, shops.cards)
    complaints += [f"a shop got no answer: {error}" for error in shops.errors]
    if len(purchases) != count:
        complaints.append(f"{count} purchases were submitted, settled knows {len(purchases)}")
    report.print_books(books, purchases, complaints)
    sys.stdout.flush()
    return not complaints


def main():
    given = arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops as Ctrl-C does
    given.var = given.var.resolve()
    try:
        with sole_user(given.var):
            return run(given)
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0 if given.serve else 130
    except InUse as error:
        print(f"scripts/run: {error}", file=sys.stderr)
        return 1
    except (E2eError, ApiError, Unreachable, TimeoutError) as error:
        print(f"scripts/run: {error}\nThe logs are in {given.var / 'logs'}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
