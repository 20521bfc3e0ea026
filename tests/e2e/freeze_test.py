"""SIGSTOP, longer than any time-out that is running, then SIGCONT: of settled, of each service, of all at once.

A frozen process holds its sockets: the kernel goes on taking bytes for it, and whoever waits for it sees only silence. When it
thaws, all its timers are due at once, and answers that it never read lie beside them. SETTLE_TEST_LONG=1 freezes for five and a
half minutes, longer than the API's own time-outs (90 s) and than a signature is good for (300 s).
"""

import random
import time
import unittest

from settle_e2e.ordeal import Ordeal, new_seed
from settle_e2e.testing import LONG

SEED = new_seed()
CALL_S = 2  # the time-out of every call, as hurry() has it
DEADLINE_S = 4  # to decide: shorter than settled is frozen, and longer than all else takes
SOON = {"deadline_ms": DEADLINE_S * 1000, "decision_margin_ms": 500}
PER_SECOND = 25


class Freeze(Ordeal):
    def freeze(self, seconds, *processes):
        for process in processes:
            process.freeze()
        time.sleep(seconds)
        for process in processes:
            process.thaw()
        time.sleep(1 + self.draw.random())

    def test_I16_I17_a_pause_longer_than_any_timeout_loses_nothing(self):
        print(f"seed {SEED}")
        self.draw = random.Random(SEED)
        stack = self.begin(SEED, PER_SECOND, give_up_s=900, definition=SOON)
        services = list(stack.services.values())
        self.freeze(1, services[0])  # warm up, and give the shops something under way
        self.freeze(DEADLINE_S + 1, stack.settled)
        for service in self.draw.sample(services, len(services)):
            self.freeze(CALL_S + 1, service)
        self.freeze(CALL_S + 1, *services)
        self.freeze(DEADLINE_S + 1, stack.settled, *services)
        if LONG:
            self.freeze(330, stack.settled)
            self.freeze(330, *services)
            self.freeze(330, stack.settled, *services)
        retried = self.come_to_rest()
        reasons, causes = self.reasons(), self.causes()
        print(f"{len(self.buyers.acknowledged)} purchases, {retried} parked ones retried, calls that went wrong: {dict(causes)}, "
              f"cancelled: {dict(reasons)}")
        # The test's own yardstick: calls were out and decisions were due while everything stood still.
        self.assertGreater(reasons["deadline_passed"], 0)
        self.assertGreater(causes["answer_timeout"], 10)
        self.check_all(stack)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")  # sockets close with their threads
