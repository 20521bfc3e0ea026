"""The guards for buyers who do not take no, as the configuration of the real daemon and settlectl have them."""

import json
import unittest

from settle_e2e.testing import Folder, order, settlectl


class Buyers(Folder):
    def submit(self, number, *more):
        flags = [word for name, value in order(number).items()
                 for word in ("--" + {"order_id": "order"}.get(name, name), str(value))]
        return settlectl("submit", *flags, *more, "--json", url=self.running.settled.url)

    def test_B9_settlectl_is_asked_about_a_duplicate_and_may_insist(self):
        self.running = self.stack(settled_flags=("--guard-fingerprint-window-seconds", "600"))
        self.assertEqual(0, self.submit(1)[0])
        code, out, err = self.submit(2)
        self.assertNotEqual(0, code, out)
        self.assertIn("possible_duplicate", out + err)
        code, out, err = self.submit(2, "--allow-duplicate")
        self.assertEqual(0, code, err)
        self.assertEqual("T-2", json.loads(out)["order_id"])

    def test_B10_a_buyer_who_is_too_fast_waits(self):
        self.running = self.stack(settled_flags=("--guard-buyer-per-minute", "2", "--guard-buyer-cooldown-seconds", "60"))
        for number in (1, 2):
            self.assertEqual(0, self.submit(number)[0])
        code, out, err = self.submit(3)
        self.assertNotEqual(0, code, out)
        self.assertIn("buyer_rate_limited", out + err)
        self.assertEqual(0, self.submit(1)[0], "the same key again is free")


if __name__ == "__main__":
    unittest.main(verbosity=2)
