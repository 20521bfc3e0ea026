"""The journal is read to its end page by page, with as many shards as a journal may have."""

import base64
import itertools
import unittest

from settle_e2e.api import until_at_rest
from settle_e2e.testing import Folder, order, settled_once, settlectl

SHARDS_MAX = 1024
LARGEST = base64.urlsafe_b64encode(b"\x01" + (b"\xff" * 8 + b"\x7f") * SHARDS_MAX).decode().rstrip("=")


class Journal(Folder):
    def test_pages_with_the_most_shards(self):
        stack = self.stack(settled_flags=["--shards", SHARDS_MAX])
        for number in range(5):
            self.api.submit(order(number), f"T-{number}", 10)
        until_at_rest(self.api, 30, "nobody")
        whole = list(self.api.journal())
        self.assertGreater(len({record["position"].split(":")[0] for record in whole}), 3)
        paged = list(itertools.islice(self.api.journal(limit=7), len(whole) + 1))
        self.assertCountEqual([record["position"] for record in whole], [record["position"] for record in paged])
        code, said, complaint = settlectl("journal", "--json", url=stack.settled.url)
        self.assertEqual(0, code, complaint)
        self.assertGreaterEqual(len(said.splitlines()), len(whole))
        lines = self.api.ask("GET", f"/v1/journal?from={LARGEST}").splitlines()
        self.assertEqual([f'{{"next":"{LARGEST}"}}'], lines, "the last place of all is after everything")

    def test_more_shards_are_refused(self):
        code, said = settled_once("--listen", "127.0.0.1:0", "--data", self.folder / "data", "--shards", SHARDS_MAX + 1)
        self.assertEqual(2, code, said)
        self.assertIn("a number from 1 to 1024", said)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")  # sockets close with their threads
