"""The journal on a disk that loses its power, fails and fills up, under the real settled (faulty_disk.hpp: what is lost then).

Each life of `settled_faulty` ends by one fault while purchases are under way, in the end it is settled itself that goes on. SEED
decides which fault comes when, and what the disk keeps of what was not synced. SETTLE_TEST_LONG=1 for ten times as many.
"""

import random
import signal
import time
import unittest

from settle_e2e.api import Api, ApiError, Unreachable
from settle_e2e.ordeal import Ordeal, new_seed
from settle_e2e.processes import Process, find_binary
from settle_e2e.testing import BUILD, LONG, order, settled_once

SEED = new_seed()
PER_SECOND = 40
LIVES = 140 if LONG else 14
POWER_CUT, EXIT_DATA = 137, 3  # exit codes


class Disk(Ordeal):
    def live(self, stack, plan):
        """settled_faulty from now on, with this plan."""
        stack.settled.environment = {"FAULTY_DISK": f"seed={self.draw.randrange(1 << 32)} {plan}"}
        stack.settled.spawn()

    def wait_for_end(self, settled, seconds=30):
        settled.child.wait(seconds)
        self.assertEqual(POWER_CUT, settled.child.returncode, settled.tail())

    def wait_until_failed(self, stack, seconds=30):
        """I23: it goes on answering, and acknowledges nothing more; or it did not even start. Whether it lives."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not stack.settled.alive():
                self.assertEqual(EXIT_DATA, stack.settled.child.returncode, stack.settled.tail())
                return False
            try:
                Api(stack.settled.url).ask("GET", "/readyz")
            except ApiError as error:
                if error.code == "journal_failed":
                    self.check_stopped(stack)
                    return True
            except Unreachable:
                pass
            time.sleep(0.02)
        self.fail(f"the journal did not fail:\n{stack.settled.tail()}")

    def check_stopped(self, stack):
        api = Api(stack.settled.url)
        for number in range(5):
            with self.assertRaises(ApiError) as refused:
                api.submit(order(f"unwanted-{SEED}-{number}"), f"unwanted-{SEED}-{number}")
            self.assertEqual("journal_failed", refused.exception.code)
        self.assertEqual({"status": "ok"}, api.ask("GET", "/healthz"))

    # How a life ends. Each leaves settled dead.
    def cut_at_a_sync(self, stack):
        word = self.draw.choice(("cut_before_sync", "cut_after_sync"))
        self.live(stack, f"{word}={self.draw.randrange(1, 120)}")
        self.wait_for_end(stack.settled)

    def cut_at_any_time(self, stack):
        self.live(stack, "")
        stack.settled.wait_ready()
        time.sleep(self.draw.random() * 1.5)
        stack.settled.child.send_signal(signal.SIGUSR1)
        self.wait_for_end(stack.settled)

    def fail_then_cut(self, stack, plan="", cue=None):
        """The daemon notices, stops acknowledging, and then the power goes: what was never synced is gone for good."""
        self.live(stack, plan)
        if cue is not None:
            stack.settled.wait_ready()
            time.sleep(self.draw.random())
            stack.settled.child.send_signal(cue)
        if self.wait_until_failed(stack):
            stack.settled.child.send_signal(signal.SIGUSR1)
            self.wait_for_end(stack.settled)

    def eio_at_a_sync(self, stack):
        self.fail_then_cut(stack, f"eio_sync={self.draw.randrange(20, 120)}")

    def eio_at_a_write(self, stack):
        self.fail_then_cut(stack, f"eio_write={self.draw.randrange(20, 120)}")

    def eio_on_cue(self, stack):
        self.fail_then_cut(stack, cue=signal.SIGUSR2)

    def full_on_cue(self, stack):
        self.fail_then_cut(stack, cue=signal.SIGRTMIN)

    def full_after(self, stack):
        self.fail_then_cut(stack, f"full_after={self.draw.randrange(30_000, 150_000)}")

    ENDS = (cut_at_a_sync, cut_at_any_time, eio_at_a_sync, eio_at_a_write, eio_on_cue, full_on_cue, full_after)

    def test_I4_I22_I23_a_disk_that_fails_loses_nothing_that_was_acknowledged(self):
        print(f"seed {SEED}, {LIVES} lives")
        self.draw = random.Random(SEED)
        stack = self.begin(SEED, PER_SECOND, settled_binary="settled_faulty")
        time.sleep(1)
        stack.settled.child.send_signal(signal.SIGUSR1)
        self.wait_for_end(stack.settled)
        cuts = self.draw.choices((Disk.cut_at_a_sync, Disk.cut_at_any_time), k=max(0, LIVES - len(self.ENDS)))
        lives = [*(self.ENDS[i % len(self.ENDS)] for i in range(LIVES - len(cuts))), *cuts]
        self.draw.shuffle(lives)
        for end in lives:
            end(self, stack)
            code, said = settled_once("--verify", "--data", stack.data, timeout_s=120)
            self.assertEqual(0, code, f"after {end.__name__}: {said}")
        self.end_as_settled(stack)

    def end_as_settled(self, stack):
        command = [find_binary(BUILD, "settled"), *stack.settled_command[1:]]
        stack.settled = Process("settled", command, stack.settled.port, stack.settled.log)
        stack.settled.start()
        retried = self.come_to_rest()
        resumed = sum(record.get("event") == "resumed" for record in self.api.journal())
        print(f"{len(self.buyers.acknowledged)} purchases, {resumed} times resumed, {retried} parked ones retried")
        self.assertGreater(resumed, LIVES)
        unknown = [one["order_id"] for one in self.api.purchases() if "unwanted" in one["order_id"]]
        self.assertEqual([], unknown, "I4: what was refused does not exist")
        self.check_all(stack)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")  # sockets close with their threads
