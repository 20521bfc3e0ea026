"""Purchases go on while something is done to the processes; then all of it must be accounted for."""

import collections
import random

from . import books as bookkeeping
from .api import Api, ApiError, until_at_rest
from .buyers import Buyers
from .testing import Folder, settled_once, states_of

STALL_MS = 40  # at each service, so that a purchase is under way for a third of a second


def new_seed():
    return random.SystemRandom().randrange(1 << 32)


def slow_down(service):
    """A restarted service has forgotten what it was told."""
    Api(service.url).ask("POST", "/admin/behave", {"stall_ms": STALL_MS})


class Ordeal(Folder):
    """Begin, let things happen, settle up. The seed repeats the plan, not the run: processes keep their own time."""

    def begin(self, seed, per_second, give_up_s=300, **more):
        stack = self.stack(**more)
        for service in stack.services.values():
            slow_down(service)
        self.buyers = Buyers(stack.settled.url, seed, per_second, give_up_s=give_up_s)
        self.addCleanup(self.buyers.abandon)
        return stack

    def come_to_rest(self, patience_s=180):
        """The shops go home, and what is open ends; the retries of an operator. Liveness: I16, I17."""
        self.buyers.stop()
        self.assertEqual([], self.buyers.complaints)
        return until_at_rest(self.api, patience_s, "the test plays the operator")

    def check_all(self, stack):
        self.check_acknowledged()
        self.check_books(stack)
        self.check_replay(stack)

    def check_acknowledged(self):
        """I4, I5: what was acknowledged is there, and its key finds it, and refuses another body."""
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

    def reasons(self):
        """How many purchases were cancelled, by the code of the reason."""
        return collections.Counter(one["reason"]["code"] for one in self.api.purchases(state="cancelled"))

    def causes(self):
        """How many calls ended otherwise than they should, by the cause that the journal has."""
        fields = (record.get("fields", {}) for record in self.api.journal())
        return collections.Counter(one["cause"] for one in fields if "cause" in one)
