"""Purchases against the real processes while settled and the services are killed with -9, over and over.

I1–I12 by the books, I4 and I5 by what shops were told, I21 by replaying the journal. Every second kill takes
a service with it, the four in turn. `--kills N` (at least 8), or SETTLE_TEST_LONG=1 for 300.
"""

import random
import sys
import threading
import time
import unittest

from settle_e2e import books as bookkeeping
from settle_e2e import sample
from settle_e2e.api import Api, ApiError, until_at_rest
from settle_e2e.processes import SERVICES
from settle_e2e.testing import LONG, Folder, settled_once, states_of

KILLS = 300 if LONG else 60
SEED = random.SystemRandom().randrange(1 << 32)
PER_SECOND = 40  # how fast shops buy: enough that every kill hits some, few enough that all end soon
STALL_MS = 40  # at each service, so that a purchase is under way for a third of a second


class Buyers:
    """Shops that buy until they are told to stop, and keep every acknowledgment."""

    def __init__(self, url, count=16):
        self.api, self.lock = Api(url, timeout_s=15), threading.Lock()
        self.orders = iter(sample.take(100_000))
        self.acknowledged, self.cards, self.complaints = {}, {}, []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._work, args=(i, count), daemon=True) for i in range(count)]
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def _work(self, number, count):
        draw = random.Random(SEED + number)
        while not self.stopping.wait(draw.random() * 2 * count / PER_SECOND):
            with self.lock:
                order = next(self.orders)
            try:
                self._buy(order, draw)
            except Exception as error:  # a thread's end must not pass unseen
                self.complaints.append(f"{order['order_id']}: {error!r}")

    def _buy(self, order, draw):
        _, purchase = self.api.submit_until_answered(order, order["order_id"], draw.choice((None, None, 2)))
        if draw.random() < 0.2:  # an answer that the shop did not believe
            _, again = self.api.submit_until_answered(order, order["order_id"])
            if again["id"] != purchase["id"]:
                self.complaints.append(f"I5: {order['order_id']} is {purchase['id']} and {again['id']}")
        with self.lock:
            self.acknowledged[purchase["id"]] = order
            if "cards" in purchase:
                self.cards[purchase["id"]] = purchase["cards"]


def slow_down(service):
    """A restarted service has forgotten what it was told."""
    Api(service.url).ask("POST", "/admin/behave", {"stall_ms": STALL_MS})


class Crash(Folder):
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
        stack = self.stack()
        for service in stack.services.values():
            slow_down(service)
        self.buyers = Buyers(stack.settled.url)
        try:
            self.kill_and_restart(stack, KILLS)
        finally:
            self.buyers.stop()
        self.assertEqual([], self.buyers.complaints)
        retried = until_at_rest(self.api, 180, "the crash test plays the operator")
        services = ", ".join(f"{process.kills} of {name}" for name, process in stack.services.items())
        print(f"{stack.settled.kills} kills of settled, {services}, {len(self.buyers.acknowledged)} purchases, "
              f"{retried} parked ones retried")
        self.check_kills_hit(stack)
        self.check_acknowledged()
        self.check_books(stack)
        self.check_replay(stack)

    def check_kills_hit(self, stack):
        """The test's own yardstick: purchases were under way when settled died, many times over; and nobody was spared."""
        resumed = sum(record.get("event") == "resumed" for record in self.api.journal())
        print(f"{resumed} times a purchase was under way at a kill and was resumed")
        self.assertGreater(resumed, KILLS)
        for name, service in stack.services.items():
            self.assertGreaterEqual(service.kills, max(1, KILLS // (2 * len(SERVICES))), name)

    def check_acknowledged(self):
        """I4, I5: what was acknowledged is there, and its key finds it, and refuses another body."""
        self.assertGreater(len(self.buyers.acknowledged), KILLS)
        for purchase_id, order in self.buyers.acknowledged.items():
            found = self.api.purchase(purchase_id)
            self.assertEqual(order, {name: found[name] for name in order}, "I4")
            status, again = self.api.submit(order, order["order_id"])
            self.assertEqual((200, purchase_id), (status, again["id"]), "I5")
        with self.assertRaises(ApiError) as refused:
            self.api.submit(order | {"quantity": 4}, order["order_id"])
        self.assertEqual("idempotency_key_reused", refused.exception.code, "I5")

    def check_books(self, stack):
        """I11, I12, I26."""
        purchases = list(self.api.purchases())
        states = {purchase["state"] for purchase in purchases}
        self.assertEqual({"completed", "cancelled"}, states, "the sample has both kinds")
        books = bookkeeping.Books(stack)
        self.assertEqual([], bookkeeping.audit(books, purchases))
        self.assertEqual([], bookkeeping.check_handed_out(books, self.buyers.cards), "I12")

    def check_replay(self, stack):
        """I21: recovery gives the same states, and replaying the whole journal reproduces each."""
        before = states_of(self.api)
        self.assertEqual(0, stack.settled.stop())
        stack.settled.start()
        self.assertEqual(before, states_of(self.api), "I21")
        self.assertEqual(0, stack.settled.stop())
        code, said = settled_once("--verify", "--data", stack.data, timeout_s=120)
        self.assertEqual(0, code, said)
        print(said.strip())


if __name__ == "__main__":
    if "--kills" in sys.argv:
        at = sys.argv.index("--kills")
        KILLS = int(sys.argv[at + 1])
        del sys.argv[at:at + 2]
    unittest.main(verbosity=2, warnings="ignore")  # sockets close with their threads
