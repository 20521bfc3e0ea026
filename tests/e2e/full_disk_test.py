"""I23: a disk that takes no more stops the acknowledging at once, loudly, and loses nothing that was acknowledged."""

import unittest

from settle_e2e import books as bookkeeping
from settle_e2e.api import Api, ApiError, Unreachable, until_at_rest
from settle_e2e.processes import Process
from settle_e2e.testing import Folder, order

LIMIT_KIB = 768  # of any one file: soon reached by the journal
LIMITED = ["bash", "-c", f'ulimit -f {LIMIT_KIB}; exec "$@"', "settled"]


class FullDisk(Folder):
    def fill(self, api):
        """Submits until the journal takes no more. What was acknowledged, and the refusal."""
        acknowledged = {}
        for number in range(20_000):
            key = f"full-{number}"
            try:
                _, purchase = api.submit(order(number, payload={"ballast": "x" * 8_000}), key)
                acknowledged[purchase["id"]] = key
            except ApiError as error:
                return acknowledged, error
        self.fail("the limit was never reached")

    def test_I23_stops_acknowledging_at_once_and_loses_nothing(self):
        stack = self.stack(settled_prefix=LIMITED)
        acknowledged, refusal = self.fill(self.api)
        self.assertEqual((503, "journal_failed"), (refusal.status, refusal.code))
        self.assertGreater(len(acknowledged), 10)

        with self.assertRaises(ApiError) as unready:
            self.api.ask("GET", "/readyz")
        self.assertEqual((503, "journal_failed"), (unready.exception.status, unready.exception.code))
        for number in range(20):  # small ones, which would still fit: nothing goes on silently
            with self.assertRaises(ApiError) as refused:
                self.api.submit(order(f"after-{number}"), f"after-{number}")
            self.assertEqual("journal_failed", refused.exception.code)
        self.assertEqual({"status": "ok"}, self.api.ask("GET", "/healthz"))

        stack.settled.stop()
        unlimited = Process("settled", stack.settled_command, stack.settled.port, stack.settled.log)
        stack.settled = unlimited
        unlimited.start()
        self.check_after(stack, acknowledged)

    def check_after(self, stack, acknowledged):
        api = Api(stack.settled.url)
        until_at_rest(api, 90, "the disk has room again")
        for purchase_id, key in acknowledged.items():
            self.assertEqual(key, api.purchase(purchase_id)["idempotency_key"], "I4")
        _, purchase = api.submit(order("again"), "again", 10)
        self.assertEqual("completed", purchase["status"])
        until_at_rest(api, 30, "the last one")
        self.assertEqual([], bookkeeping.audit(bookkeeping.Books(stack), list(api.purchases())))


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")  # sockets close with their threads
