"""settled's clock is set forward and back, while it runs and between its runs; the services' clocks stay right.

Engine time is the later of the last journalled time and the wall clock at start, and CLOCK_BOOTTIME from then on. What is stepped:
CLOCK_REALTIME alone, as by `date -s` (two tests), and CLOCK_REALTIME with CLOCK_BOOTTIME, as when a machine sleeps or is booted
(the third). CLOCK_BOOTTIME never goes back while a kernel runs, so no test does that; CLOCK_MONOTONIC stands still in sleep, and
is not stepped. SETTLE_TEST_LONG=1 for eight turns.
"""

import collections
import random
import time
import unittest

from settle_e2e.false_clock import FalseClock
from settle_e2e.ordeal import Ordeal, new_seed
from settle_e2e.testing import LONG

SEED = new_seed()
PER_SECOND = 25
SLACK_S = 2
TURNS = 8 if LONG else 1
WATCHED_EVERY_S = 10  # how often settled compares its clocks


class Clock(Ordeal):
    def begin_with_clock(self, **more):
        print(f"seed {SEED}")
        self.draw = random.Random(SEED)
        self.clock = FalseClock(self.folder)
        self.began_at = time.time()
        return self.begin(SEED, PER_SECOND, give_up_s=40, settled_environment=self.clock.environment,
                          settled_binary="settled_faulty", **more)

    def hold(self, step_s, seconds):
        self.clock.set_wall(step_s)
        time.sleep(seconds)

    def check_times(self, ahead_s):
        """Engine time never goes back within a shard, nor leaves where it may be: up to `ahead_s` before the real time."""
        first, last = self.began_at - SLACK_S, time.time() + ahead_s + SLACK_S
        shards = collections.defaultdict(list)
        for record in self.api.journal():
            shard, number = map(int, record["position"].split(":"))
            shards[shard].append((number, record["at"]))
        for shard, records in shards.items():
            times = [at for _, at in sorted(records)]
            self.assertEqual(sorted(times), times, f"shard {shard}")
            self.assertGreater(times[0], self.text_of(first))
            self.assertLess(times[-1], self.text_of(last))

    @staticmethod
    def text_of(at_s):
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at_s))

    def end(self, ahead_s):
        retried = self.come_to_rest()
        reasons, causes = self.reasons(), self.causes()
        print(f"{len(self.buyers.acknowledged)} purchases, {retried} parked ones retried, calls that went wrong: {dict(causes)}, "
              f"cancelled: {dict(reasons)}")
        self.check_times(ahead_s)
        return reasons, causes

    def test_I16_I17_the_wall_clock_is_set_while_it_runs(self):
        stack = self.begin_with_clock()
        for _ in range(TURNS):
            for step_s in (120, -120, 250, -250):  # signatures are good for 300 s
                self.hold(step_s, 1 + self.draw.random())
        self.assertNotIn("signature_refused", self.causes())
        for _ in range(TURNS):
            self.hold(7_200, WATCHED_EVERY_S + 2)
            self.hold(-7_200, 1 + self.draw.random())
            self.hold(0, 1)
        reasons, causes = self.end(ahead_s=0)
        self.assertNotIn("deadline_passed", reasons, "a wall clock moves no deadline")
        # The test's own yardstick: the clock that settled signs with was false, and it saw that.
        self.assertGreater(causes["signature_refused"], 0)
        self.assertTrue(any(record["fields"].get("event") == "clock_divergence" for record in self.api.journal()))
        self.check_all(stack)

    def test_I17_the_wall_clock_is_another_after_each_start(self):
        stack = self.begin_with_clock()
        for _ in range(TURNS):
            for step_s in (240, 0, -240, 1_800, -1_800, 0):
                stack.settled.kill()
                self.clock.set_wall(step_s)
                stack.settled.start()
                time.sleep(1 + self.draw.random())
        self.end(ahead_s=1_800)
        self.assertGreater(sum(record.get("event") == "resumed" for record in self.api.journal()), 5)
        self.check_all(stack)

    def test_I16_I17_the_machine_sleeps_and_is_booted_anew(self):
        stack = self.begin_with_clock(definition={"deadline_ms": 5_000, "decision_margin_ms": 500})
        for _ in range(TURNS):
            for slept_s in (3, 23, 263):  # 3, 20, 240: longer than a call may take, than a decision, than all but a signature
                self.clock.sleep(slept_s)
                time.sleep(1 + self.draw.random())
            for booted_s in (1_000_000, -10_000):
                stack.settled.kill()
                self.clock.booted(booted_s)
                stack.settled.start()
                time.sleep(1 + self.draw.random())
        reasons, _ = self.end(ahead_s=300 * TURNS)
        self.assertGreater(reasons["deadline_passed"], 0, "engine time goes on in sleep")
        self.check_all(stack)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")  # sockets close with their threads
