"""Purchases against the real processes while settled and the services are killed with -9, over and over.

I1–I12 by the books, I4 and I5 by what shops were told, I21 by replaying the journal. Every second kill takes
a service with it, the four in turn. `--kills N` (at least 8), or SETTLE_TEST_LONG=1 for 300.
"""

import random
import sys
import time
import unittest

from settle_e2e.ordeal import Ordeal, new_seed, slow_down
from settle_e2e.processes import SERVICES
from settle_e2e.testing import LONG

KILLS = 300 if LONG else 60
SEED = new_seed()
PER_SECOND = 40  # how fast shops buy: enough that every kill hits some, few enough that all end soon


class Crash(Ordeal):
    def kill_and_restart(self, stack, kills):
        draw = random.Random(SEED)
        for number in range(1, kills + 1):
            time.sleep(draw.random() * 1.2)
            if number % 2 == 0:  # each in its turn: four, whatever the seed
                service = stack.services[SERVICES[number // 2 % len(SERVICES)]]
                service.kill()
                service.start()
                slow_down(service)
            stack.settled.kill()
            stack.settled.spawn()
            if draw.random() < 0.15:  # it may die while it recovers, too
                time.sleep(draw.random() * 0.1)
                stack.settled.kill()
                stack.settled.spawn()
            stack.settled.wait_ready(60)
            if number % 20 == 0:
                print(f"{number} kills, {len(self.buyers.acknowledged)} purchases acknowledged", flush=True)

    def test_I1_to_I12_the_books_balance_after_every_kill(self):
        print(f"seed {SEED}, {KILLS} kills")
        stack = self.begin(SEED, PER_SECOND)
        self.kill_and_restart(stack, KILLS)
        retried = self.come_to_rest()
        services = ", ".join(f"{process.kills} of {name}" for name, process in stack.services.items())
        print(f"{stack.settled.kills} kills of settled, {services}, {len(self.buyers.acknowledged)} purchases, "
              f"{retried} parked ones retried")
        self.check_kills_hit(stack)
        self.assertGreater(len(self.buyers.acknowledged), KILLS)
        self.check_all(stack)

    def check_kills_hit(self, stack):
        """The test's own yardstick: purchases were under way when settled died, many times over; and nobody was spared."""
        resumed = sum(record.get("event") == "resumed" for record in self.api.journal())
        print(f"{resumed} times a purchase was under way at a kill and was resumed")
        self.assertGreater(resumed, KILLS)
        for name, service in stack.services.items():
            self.assertGreaterEqual(service.kills, max(1, KILLS // (2 * len(SERVICES))), name)


if __name__ == "__main__":
    if "--kills" in sys.argv:
        at = sys.argv.index("--kills")
        KILLS = int(sys.argv[at + 1])
        del sys.argv[at:at + 2]
    unittest.main(verbosity=2, warnings="ignore")  # sockets close with their threads
