"""What `attempts` shows is what a real participant received, byte for byte, over a kill -9; and no secret is in it."""

import base64
import hashlib
import http.server
import json
import threading
import unittest

from settle_e2e.api import Api
from settle_e2e.processes import Process, find_binary, free_port
from settle_e2e.testing import BUILD, Folder, hurry, order, settlectl

CARD = "4111-1111-1111-1111"
SHOWN = ("Content-Type", "Idempotency-Key", "Settle-Purchase", "Settle-Step", "Settle-Operation", "Settle-Attempt",
         "Settle-Epoch", "traceparent", "Content-Digest")


class Witness(http.server.ThreadingHTTPServer):
    """Inventory, payment, card and merchant at once: keeps every request whole, and answers by the attempt."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.heard, self.changed, self.held = [], threading.Condition(), threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def hear(self, headers, body):
        with self.changed:
            self.heard.append((dict(headers), body))
            self.changed.notify_all()

    def wait_for(self, step, attempt):
        """Until this attempt of the step's last operation was received."""
        def came():
            return any(h["Settle-Step"] == step and h["Settle-Attempt"] == str(attempt) for h, _ in self.heard)
        with self.changed:
            return self.changed.wait_for(came, timeout=30)

    def answer(self, step, operation, attempt, body):
        """Status, content type and body; None: no answer, ever."""
        call = (step, operation)
        if call == ("reserve", "try") and attempt == 1:
            return 503, "text/html", b"<h1>busy</h1>"
        if call == ("issue", "try"):
            return 200, "application/json", json.dumps({"cards": [CARD], "batch": 7}).encode()
        if call == ("charge", "confirm") and attempt == 1:
            return 500, "application/json", b'{"code":"odd","echo":' + body + b"}"
        if call == ("charge", "confirm") and attempt == 2:
            return 500, "text/plain", b"could not work on " + body
        if call == ("notify", "deliver") and attempt == 1:
            return None
        return 200, "application/json", b"{}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):  # noqa: N802 (the library's name)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.hear(self.headers, body)
        answer = self.server.answer(self.headers["Settle-Step"], self.headers["Settle-Operation"],
                                    int(self.headers["Settle-Attempt"]), body)
        if answer is None:
            self.server.held.wait(60)
            self.close_connection = True
            return
        status, content_type, data = answer
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def without_secrets(value):
    """As the body is shown."""
    if isinstance(value, dict):
        return {name: {"$sealed": True} if name == "cards" else without_secrets(one) for name, one in value.items()}
    return [without_secrets(one) for one in value] if isinstance(value, list) else value


class Attempts(Folder):
    def start(self):
        self.witness = Witness()
        self.addCleanup(self.witness.server_close)
        self.addCleanup(self.witness.shutdown)
        self.addCleanup(self.witness.held.set)
        port = free_port()
        command = [find_binary(BUILD, "settled"), "--listen", f"127.0.0.1:{port}", "--data", self.folder / "data", "--shards", "4"]
        self.settled = Process("settled", command, port, self.folder / "settled.log")
        self.addCleanup(self.settled.stop)
        self.settled.start()
        self.api = Api(self.settled.url)
        self.nowhere = f"http://127.0.0.1:{free_port()}"
        for name in ("inventory", "payment", "card"):
            self.api.ask("PUT", f"/v1/participants/{name}",
                         {"base_urls": [self.nowhere, self.witness.url], "endpoints": {op: "/" + op for op in ("try", "confirm", "cancel")}})
        self.api.ask("PUT", "/v1/merchants/m-1", {"url": self.witness.url + "/hook?token=merchants-own"})
        hurry(self.api)

    def attempts(self, purchase):
        """All of them, two a page, and everything that was answered."""
        shown, said, cursor = [], "", ""
        while True:
            page = self.api.ask("GET", f"/v1/purchases/{purchase}/attempts?limit=2" + cursor)
            shown, said = shown + page["attempts"], said + json.dumps(page)
            if "next" not in page:
                return shown, said
            cursor = "&cursor=" + page["next"]

    def test_I26_what_is_shown_is_what_was_received_over_a_crash(self):
        self.start()
        _, purchase = self.api.submit(order(1), "T-1")
        identity = purchase["id"]
        self.assertTrue(self.witness.wait_for("notify", 1))
        out = [one for one in self.attempts(identity)[0] if one["end"] == "out"]
        self.assertEqual(["notify"], [one["step"] for one in out])
        self.settled.kill()
        self.witness.held.set()
        self.settled.start()
        self.assertTrue(self.witness.wait_for("notify", 2))
        while self.api.purchase(identity)["state"] != "completed":
            pass

        shown, said = self.attempts(identity)
        by_call = {(one["step"], one["operation"], str(one["attempt"])): one for one in shown}
        self.assertEqual(len(shown), len(by_call))
        self.assertEqual(len(self.witness.heard), len(shown))
        told_cards = 0
        for headers, body in self.witness.heard:
            attempt = by_call[headers["Settle-Step"], headers["Settle-Operation"], headers["Settle-Attempt"]]
            request = attempt["request"]
            self.assertEqual({name: headers[name] for name in SHOWN}, request["headers"])
            digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
            self.assertEqual(f"sha-256=:{digest}:", request["headers"]["Content-Digest"], "the same bytes")
            self.assertEqual(len(body), request["bytes"])
            self.assertEqual(without_secrets(json.loads(body)), json.loads(request["body"]))
            told_cards += CARD.encode() in body
            for credential in (headers["webhook-signature"], headers.get("Settle-Callback")):
                self.assertTrue(credential is None or credential not in said)
        self.assertGreater(told_cards, 0, "participants are told the cards, or this test shows nothing")

        self.assertEqual("lost", by_call["notify", "deliver", "1"]["end"])
        self.assertEqual("done", by_call["notify", "deliver", "2"]["outcome"])
        self.assertEqual(self.witness.url + "/hook?...", by_call["notify", "deliver", "2"]["url"])
        busy = by_call["reserve", "try", "1"]
        self.assertEqual(("not_now", "throttled", self.witness.url + "/try", "<h1>busy</h1>", "text/html"),
                         (busy["outcome"], busy["cause"], busy["url"], busy["response"]["body"], busy["response"]["content_type"]))
        self.assertEqual(self.nowhere + "/try", by_call["charge", "try", "1"]["url"])
        self.assertTrue(by_call["charge", "try", "1"]["url_from_registry"])
        self.assertIn("$sealed", by_call["charge", "confirm", "1"]["response"]["body"])
        self.assertEqual("", by_call["charge", "confirm", "2"]["response"]["body"], "left out: it cannot be read, and tells of cards")
        self.nothing_leaks(identity, said)

    def nothing_leaks(self, identity, said):
        _, table, _ = settlectl("attempts", identity, url=self.settled.url)
        _, tree, _ = settlectl("attempts", identity, "--json", url=self.settled.url)
        self.assertIn("reserve try", table)
        self.assertIn("not_now", table)
        self.assertEqual(len(self.witness.heard), len(json.loads(tree)["attempts"]))
        journal = json.dumps(list(self.api.journal(purchase=identity)))
        for where, text in (("attempts", said), ("table", table), ("tree", tree), ("journal", journal),
                            ("log", self.settled.log.read_text(encoding="utf-8"))):
            for secret in (CARD, "merchants-own", "whsec_"):
                self.assertNotIn(secret, text, where)


if __name__ == "__main__":
    unittest.main(verbosity=2)
