"""What settled refuses to start on: each with its own exit code, and words that say what is wrong."""

import contextlib
import os
import pathlib
import random
import shutil
import socket
import unittest

from settle_e2e.api import until_at_rest
from settle_e2e.testing import Folder, order, settled_once

CONFIGURATION, DATA, ADDRESS = 2, 3, 4


class DataFolder(Folder):
    def refused(self, code, words, *flags, prefix=()):
        """settled ends with `code` and says `words`."""
        ended, said = settled_once("--listen", "127.0.0.1:0", *flags, prefix=prefix)
        self.assertEqual(code, ended, said)
        for word in words:
            self.assertIn(word, said)

    def journal_with_purchases(self):
        """A data folder that some purchases went through, and nobody holds any more."""
        stack = self.stack()
        for number in range(30):
            self.api.submit(order(number), f"T-{number}", 10)
        until_at_rest(self.api, 30, "nobody")
        self.assertEqual(0, stack.settled.stop())
        return stack.data

    def test_a_second_process_on_the_same_folder(self):
        stack = self.stack()
        self.refused(DATA, ["in_use"], "--data", stack.data)
        self.assertTrue(stack.settled.answers(), "the first one goes on")

    def test_a_foreign_folder(self):
        folder = self.folder / "photos"
        folder.mkdir()
        (folder / "holiday.jpg").write_text("not a journal")
        self.refused(DATA, ["folder_foreign", "holiday.jpg"], "--data", folder)
        self.assertEqual(["holiday.jpg"], os.listdir(folder), "nothing was put there")

    def test_a_file_instead_of_a_folder(self):
        file = self.folder / "file"
        file.write_text("")
        self.refused(DATA, ["folder_foreign"], "--data", file)

    def test_an_unwritable_folder(self):
        folder = self.folder / "locked"
        folder.mkdir(mode=0o555)
        prefix = ()
        if os.geteuid() == 0:  # root may write anywhere: without its capabilities it may not
            os.chown(folder, 65534, 65534)
            os.chmod(self.folder, 0o755)
            prefix = ("setpriv", "--reuid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all")
            if settled_once("--version", prefix=prefix)[0] != 0:
                self.skipTest("the programs are in a folder that only root may read")
        self.refused(DATA, ["folder_unwritable"], "--data", folder, prefix=prefix)

    def test_a_lost_key_file(self):
        data = self.journal_with_purchases()
        (data / "settle.key").unlink()
        self.refused(DATA, ["key"], "--data", data)
        self.assertFalse((data / "settle.key").exists(), "no new key is made for an old journal: nothing could be unsealed")

    def test_another_key_file(self):
        data = self.journal_with_purchases()
        other = self.folder / "other"
        settled_once("--listen", "192.0.2.1:1", "--data", other)  # refused, makes nothing
        self.assertFalse(other.exists())
        key = bytearray((data / "settle.key").read_bytes())
        key[len(key) // 2] ^= 1
        (data / "settle.key").write_bytes(key)
        self.refused(DATA, ["key"], "--data", data)

    def test_I22_a_damaged_journal(self):
        data = self.journal_with_purchases()
        journal = next(path for path in data.iterdir() if path.is_dir())
        whole = self.folder / "whole"
        shutil.copytree(journal, whole)
        files = [path for path in whole.rglob("*") if path.suffix in (".sst", ".log") and path.stat().st_size > 4096]
        self.assertTrue(files, "there is something to damage")
        draw = random.Random(7)
        for _ in range(6):
            file = draw.choice(sorted(files))
            at = draw.randrange(file.stat().st_size // 8, file.stat().st_size // 2)
            shutil.rmtree(journal)
            shutil.copytree(whole, journal)
            damaged = bytearray((journal / file.relative_to(whole)).read_bytes())
            damaged[at] ^= 0x40
            (journal / file.relative_to(whole)).write_bytes(damaged)
            with self.subTest(file=file.name, at=at):
                self.refused(DATA, ["damaged"], "--data", data)

    def test_an_address_in_use(self):
        with contextlib.closing(socket.socket()) as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            code, said = settled_once("--listen", f"127.0.0.1:{taken.getsockname()[1]}", "--data", self.folder / "data")
        self.assertEqual(ADDRESS, code, said)

    def test_flags_that_cannot_be(self):
        for flags in (["--listen", "0.0.0.0:7070"], ["--no-such-flag", "1"], ["--shards", "many"], ["--config", "/no/such/file"]):
            with self.subTest(flags=flags):
                code, said = settled_once(*flags, "--data", self.folder / "data")
                self.assertEqual(CONFIGURATION, code, said)
                self.assertIn("settled:", said)
        self.assertFalse((self.folder / "data").exists())

    def test_the_key_file_is_for_its_owner_only(self):
        stack = self.stack()
        self.assertEqual(0o600, (stack.data / "settle.key").stat().st_mode & 0o777)
        self.assertEqual(0o700, pathlib.Path(stack.data).stat().st_mode & 0o777)

    def test_nothing_secret_is_logged_or_journalled_in_the_clear(self):
        stack = self.stack()
        _, purchase = self.api.submit(order(1), "T-1", 10)
        self.assertEqual("completed", purchase["status"])
        journal = self.api.ask("GET", "/v1/journal")
        self.assertIn(purchase["id"], journal)
        stack.settled.stop()
        said = journal + stack.settled.log.read_text() + "".join(path.log.read_text() for path in stack.services.values())
        for secret in [*stack.secrets.values(), *(card["code"] for card in purchase["cards"])]:
            self.assertNotIn(secret.removeprefix("whsec_"), said)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")  # sockets close with their threads
