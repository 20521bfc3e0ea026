"""`settlectl participant check` against participants that do it right, and against ones that do one thing wrong."""

import json
import http.server
import pathlib
import threading
import unittest

from settle_e2e.processes import Process, find_binary, free_port, new_secret_file
from settle_e2e.testing import BUILD, Folder, settlectl
from settle_e2e.wayward import Wayward


class Forgetful(http.server.BaseHTTPRequestHandler):
    """Says yes to everything, with a new hold each time: what a first draft of a participant does."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.holds += 1
        body = json.dumps({"hold": f"h-{self.server.holds}"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Check(Folder):
    def setUp(self):
        super().setUp()
        self.secret_file = self.folder / "secret"
        new_secret_file(self.secret_file)

    def reference(self, name):
        port = free_port()
        service = Process(name, [find_binary(BUILD, f"settle-{name}"), "--port", port, "--data", self.folder / name,
                                 "--secret-file", self.secret_file], port, self.folder / "log")
        self.addCleanup(service.stop)
        return service.start()

    def check(self, url, *more, secret_file=None):
        code, out, err = settlectl("participant", "check", url, "--secret-file", secret_file or self.secret_file, "--json", *more)
        return code, {one["play"]: one for one in json.loads(out)["findings"]} if out else err

    def test_reference_services_have_nothing_wrong(self):
        for name in ("inventory", "payment", "card"):
            code, findings = self.check(self.reference(name).url, "--confirm")
            self.assertEqual({"ok"}, {one["verdict"] for one in findings.values()}, findings)
            self.assertEqual(0, code)
            self.assertGreaterEqual(len(findings), 19)

    def test_I9_and_the_rest_are_found_missing(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Forgetful)
        server.holds = 0
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        code, findings = self.check(f"http://127.0.0.1:{server.server_address[1]}", "--confirm")
        self.assertEqual(1, code)
        right = {play for play, one in findings.items() if one["verdict"] == "ok"}
        self.assertEqual({"try", "cancel", "empty cancel", "confirm"}, right)
        for play, one in findings.items():
            self.assertEqual(play not in right, bool(one["mend"]), "what is wrong says how to mend it")

    def wrong_with(self, *breaks):
        """The plays whose verdict is WRONG for a participant that breaks these; all plays; what it was tempted to break."""
        server = Wayward(self.secret_file, *breaks)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            code, findings = self.check(server.url, "--confirm")
        finally:
            server.shutdown()
            server.server_close()
        wrong = {play for play, one in findings.items() if one["verdict"] == "WRONG"}
        self.assertEqual(1 if wrong else 0, code, findings)
        return wrong, set(findings), server.asked

    def test_one_wrong_at_a_time_is_that_finding_and_no_other(self):
        wrong, plays, asked = self.wrong_with()
        self.assertEqual(set(), wrong)
        self.assertEqual(plays, asked, "each play is one that can be failed")
        for play in sorted(plays):
            with self.subTest(play):
                expected = {play}
                if play == "duplicate try":  # who answers the second anew does so, too, when both come at once
                    expected.add("two tries at once")
                self.assertEqual(expected, self.wrong_with(play)[0])

    def test_the_table_says_how_to_mend_it(self):
        service = self.reference("payment")
        code, out, _ = settlectl("participant", "check", service.url, "--secret-file", self.secret_file)
        self.assertEqual(0, code)
        self.assertIn("late try after cancel  ok", out)
        self.assertIn("nothing is wrong with it", out)

    def test_a_wrong_secret_is_named_as_such(self):
        other = self.folder / "other"
        new_secret_file(other)
        code, findings = self.check(self.reference("card").url, secret_file=other)
        self.assertEqual(1, code)
        self.assertIn("secret", findings["try"]["mend"])

    def test_nobody_there_and_no_secret(self):
        self.assertEqual(4, self.check("http://127.0.0.1:1")[0])
        self.assertEqual(2, self.check("http://127.0.0.1:1", secret_file=pathlib.Path("/nonexistent"))[0])
        self.assertEqual(2, settlectl("participant", "check", "http://127.0.0.1:1")[0])


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")  # sockets close with their threads
