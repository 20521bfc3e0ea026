"""scripts/run's driver: it ends with books that balance, says so when they do not, and leaves nothing running."""

import contextlib
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import unittest

from settle_e2e import books as bookkeeping
from settle_e2e.api import until_at_rest
from settle_e2e.testing import BUILD, Folder, order

DEMO = pathlib.Path(__file__).resolve().parent / "demo.py"


class Demo(Folder):
    @contextlib.contextmanager
    def start(self, *flags, stderr=subprocess.DEVNULL):
        command = [sys.executable, "-B", str(DEMO), "--build", str(BUILD), "--var", str(self.folder / "var"), *flags]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True) as demo:
            try:
                yield demo
            except BaseException:
                demo.kill()  # or the test would wait for it before it fails
                raise

    def nobody_left(self):
        """No process has our folder on its command line."""
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    words = (entry / "cmdline").read_bytes()
                except OSError:
                    continue
                self.assertNotIn(str(self.folder).encode(), words, f"pid {entry.name} was left behind")

    def test_the_books_balance_and_serve_stops_cleanly(self):
        said = []
        with self.start("--count", "150", "--serve") as demo:
            for line in demo.stdout:
                said.append(line)
                if line.startswith("  curl") and "die_at" in line:
                    break
            demo.send_signal(signal.SIGINT)
            said += demo.stdout.readlines()
        text = "".join(said)
        self.assertEqual(0, demo.returncode, text)
        self.assertIn("The books balance.", text)
        for words in ("completed", "declined", "out_of_stock", "p99", "killed with -9", "twice its timeout", "settlectl show ID"):
            self.assertIn(words, text)
        self.assertRegex(text, re.compile(r"still held +0$", re.M))
        for secret in (self.folder / "var/secrets").iterdir():
            self.assertEqual(0o600, secret.stat().st_mode & 0o777)
        self.nobody_left()

    def test_a_second_run_leaves_the_first_ones_data_alone(self):
        with self.start("--count", "2000") as first:
            next(line for line in first.stdout if line.startswith("Driving"))
            with self.start("--count", "5", stderr=subprocess.PIPE) as second:
                said, complaint = second.communicate(timeout=60)
            self.assertEqual((1, ""), (second.returncode, said))
            self.assertIn(f"still running (pid {first.pid}); stop it first", complaint)
            self.assertTrue((self.folder / "var/secrets/payment").exists())
            self.assertIsNone(first.poll())
            first.send_signal(signal.SIGINT)
            first.stdout.read()
        self.assertEqual(130, first.returncode)
        with self.start("--count", "5") as third:  # once the first has ended, nothing stands in the way
            third.stdout.read()
        self.assertEqual(0, third.returncode)
        self.nobody_left()

    def test_stops_in_the_middle(self):
        with self.start("--count", "2000") as demo:
            next(line for line in demo.stdout if line.startswith("Driving"))
            demo.send_signal(signal.SIGINT)
            demo.stdout.read()
        self.assertEqual(130, demo.returncode)
        self.nobody_left()


class BooksTest(Folder):
    def test_I11_I12_the_audit_sees_what_is_wrong(self):
        """The audit itself: each kind of wrong, written into a copy of a service's file, is complained about."""
        stack = self.stack()
        for number in range(3):
            self.api.submit(order(number), f"T-{number}", 10)
        until_at_rest(self.api, 30, "nobody")
        purchases = list(self.api.purchases())
        stack.stop()
        self.assertEqual([], bookkeeping.audit(bookkeeping.Books(stack), purchases))
        wrongs = [("inventory", "UPDATE holds SET state = 'held' WHERE rowid = 1"),
                  ("inventory", "UPDATE stock SET taken = taken + 1"),
                  ("payment", "UPDATE payments SET charged = charged + 1 WHERE rowid = 1"),
                  ("payment", "UPDATE payments SET refunded = charged WHERE rowid = 1"),
                  ("payment", "UPDATE accounts SET balance = balance - 1"),
                  ("card", "UPDATE codes SET state = 'free', purchase = NULL WHERE rowid = 1"),
                  ("card", "UPDATE codes SET purchase = '" + "0" * 32 + "' WHERE rowid = 1"),
                  ("merchant", "INSERT INTO deliveries SELECT webhook_id || 'x', purchase, 1, body, 1, 1 FROM deliveries LIMIT 1"),
                  ("merchant", "DELETE FROM deliveries WHERE rowid = 1")]
        for service, statement in wrongs:
            with self.subTest(statement=statement):
                file = stack.book_file(service)
                whole = file.read_bytes()
                wal = pathlib.Path(f"{file}-wal")
                kept = wal.read_bytes() if wal.exists() else None
                database = sqlite3.connect(file)
                changed = database.execute(statement).rowcount
                database.commit()
                database.close()
                self.assertGreater(changed, 0)
                self.assertNotEqual([], bookkeeping.audit(bookkeeping.Books(stack), purchases))
                for leftover in (wal, pathlib.Path(f"{file}-shm")):
                    leftover.unlink(missing_ok=True)
                file.write_bytes(whole)
                if kept is not None:
                    wal.write_bytes(kept)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")  # sockets close with their threads
