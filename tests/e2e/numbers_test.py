"""/metrics and /v1/stats of the real daemon: known failures come out exactly, over a kill and a restart; and they are what the journal says."""

import collections
import json
import re
import time
import unittest
import urllib.request

from settle_e2e.api import Api
from settle_e2e.testing import Folder, order, settlectl

BOUGHT = 4
SAMPLE = re.compile(r'^([a-z_]+)(\{[^}]*\})? (\S+)$')


class Numbers(Folder):
    def setUp(self):
        super().setUp()
        self.running = self.stack()

    def misbehave(self, service, **rule):
        Api(self.running.services[service].url).ask("POST", "/admin/behave", rule)

    def buy(self, *numbers):
        for number in numbers:
            self.assertEqual(200, self.api.submit_until_answered(order(number), f"k-{number}", wait_s=20)[0])
        for _ in range(300):  # the shop is told before the merchant
            if self.metrics()["settle_purchases_open"] == 0:
                return
            time.sleep(0.1)
        self.fail("something stays open")

    def stats(self, query=""):
        """Once everything is counted."""
        for _ in range(100):
            said = self.api.ask("GET", "/v1/stats" + query)
            if said["behind"] == 0:
                return said
            time.sleep(0.1)
        self.fail("the statistics stay behind")

    def metrics(self):
        with urllib.request.urlopen(self.running.settled.url + "/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        found = [SAMPLE.match(line) for line in lines if not line.startswith("#")]
        return {match[1] + (match[2] or ""): float(match[3]) for match in found}

    def failures_in_journal(self):
        """By cause, from the answers that the journal recorded."""
        code, out, err = settlectl("journal", "--json", url=self.running.settled.url)
        self.assertEqual(0, code, err)
        causes = collections.Counter()
        for record in map(json.loads, out.splitlines()):
            if record.get("event") == "answered" and "cause" in record["fields"]:
                causes[record["fields"]["cause"]] += 1
        return dict(causes)

    def test_I21_known_failures_come_out_exactly_over_a_kill_and_a_restart(self):
        self.misbehave("inventory", answer_status=503, operation="try", next=2)
        self.buy(1)
        self.misbehave("payment", answer_status=503, operation="confirm", next=1)
        self.buy(2)
        metrics = self.metrics()
        self.assertEqual(2, metrics["settle_purchases_completed_total"])
        self.assertEqual(2, metrics['settle_attempts_failed_total{participant="inventory",cause="throttled"}'])
        self.assertEqual(1, metrics['settle_attempts_failed_total{participant="payment",cause="throttled"}'])
        self.assertEqual(1, metrics['settle_operation_attempts_bucket{operation="try",le="3"}']
                         - metrics['settle_operation_attempts_bucket{operation="try",le="2"}'])
        self.assertEqual(0, metrics["settle_purchases_open"])
        before = self.stats()
        self.running.settled.kill()  # before the first ten seconds are over: nothing of it is written
        self.running.settled.start()
        self.assertEqual(before["operations"], self.stats()["operations"])
        self.misbehave("card", answer_status=418, operation="try", next=1)
        self.buy(3)
        self.running.settled.stop()
        self.running.settled.start()
        self.buy(4)

        said = self.stats()
        self.assertEqual({"submitted": BOUGHT, "completed": 3, "cancelled": 1, "cancel_reasons": {"failed": 1}}, said["purchases"])
        self.assertEqual({"throttled": 3, "bad_status": 1}, said["causes"])
        self.assertEqual(self.failures_in_journal(), said["causes"])
        self.assertEqual(1, said["attempts"]["3"])
        self.assertEqual(1, said["attempts"]["2"])
        self.assertEqual(2, said["operations"]["recovered_alone"])
        self.assertEqual(1, said["operations"]["given_up"])
        self.assertEqual(2, said["operations"]["retried"])
        self.assertGreaterEqual(said["operations"]["retry_mean_ms"], 100)
        self.assertEqual(("inventory", "try", 2), (said["worst_endpoints"][0]["target"], said["worst_endpoints"][0]["operation"],
                                                   said["worst_endpoints"][0]["numbers"]["failures"]))
        self.assertEqual(3, self.stats("?target=card&step=day")["operations"]["first_try"] // 2)

    def test_settlectl_stats(self):
        self.misbehave("inventory", answer_status=503, operation="try", next=1)
        self.buy(1)
        code, out, err = settlectl("stats", "--from", "2h", "--by", "hour", url=self.running.settled.url)
        self.assertEqual(0, code, err)
        for words in ("submitted: 1, completed: 1", "by the hour", "throttled: 1", "100.00 %", "inventory", "ATTEMPTS"):
            self.assertIn(words, out)
        self.assertIn("HOUR (UTC)", out)
        self.assertRegex(out, r"\n *[012][0-9]:00 +[0-9]+ +1 ")
        code, out, err = settlectl("stats", "--order", "rate", url=self.running.settled.url)
        self.assertEqual(0, code, err)
        self.assertNotIn("WORST", out, "nobody was called ten times")
        self.assertEqual(2, settlectl("stats", "--order", "name", url=self.running.settled.url)[0])
        self.assertEqual(2, settlectl("stats", "--from", "noon", url=self.running.settled.url)[0])
        self.assertEqual(2, settlectl("stats", "--by", "week", url=self.running.settled.url)[0])
        code, out, err = settlectl("stats", "--target", "card", "--json", url=self.running.settled.url)
        self.assertEqual(2, json.loads(out)["operations"]["succeeded"], err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
