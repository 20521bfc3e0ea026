"""settled and its services talk through a proxy that delays, resets, swallows, truncates, garbles, drips, doubles and cuts off.

A proxy before each service, and one before settled for the callbacks of what answers 202. FaultProxy's seed is printed.
"""

import collections
import random
import time
import unittest

from settle_e2e.api import Api
from settle_e2e.ordeal import Ordeal, new_seed
from settle_e2e.processes import SERVICES, free_port
from settle_e2e.proxy import FAULTS, FaultProxy, register_behind
from settle_e2e.testing import LONG

SEED = new_seed()
PER_SECOND = 25
SECONDS = 300 if LONG else 16
CUT_OFF_S = 3  # longer than a call may take


class Proxy(Ordeal):
    def test_I1_to_I13_whatever_the_network_does_the_books_balance(self):
        print(f"seed {SEED}, {SECONDS} s")
        draw = random.Random(SEED)
        port = free_port()
        callbacks = FaultProxy(port, SEED, "callbacks")
        self.addCleanup(callbacks.stop)
        stack = self.begin(SEED, PER_SECOND, settled_port=port, settled_flags=("--callback-base", callbacks.url))
        self.proxies = {name: FaultProxy(stack.services[name].port, SEED, name) for name in SERVICES}
        for proxy in self.proxies.values():
            self.addCleanup(proxy.stop)
        register_behind(self.api, self.proxies, stack)
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            for name in ("inventory", "payment", "card"):  # and some are only told later, through the proxy
                Api(stack.services[name].url).ask("POST", "/admin/behave", {"accept_then_report": True, "next": 2})
            cut = self.proxies[draw.choice(SERVICES)]
            cut.cut_off = True
            time.sleep(CUT_OFF_S)
            cut.cut_off = False
            time.sleep(draw.random())
        retried = self.come_to_rest()
        done = sum((proxy.done for proxy in self.proxies.values()), collections.Counter())
        print(f"{len(self.buyers.acknowledged)} purchases, {retried} parked ones retried, calls that went wrong: "
              f"{dict(self.causes())}\nthe proxies did to calls: {dict(done)}, to callbacks: {dict(callbacks.done)}")
        for fault in (*FAULTS, "partition", "none"):  # the test's own yardstick
            self.assertGreater(done[fault], 0, fault)
        self.assertGreater(callbacks.done.total(), 3)
        self.check_all(stack)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")  # sockets close with their threads
