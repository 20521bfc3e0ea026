"""Tests the yardstick: the bare relay makes exactly the seven calls, in the order that settled makes them."""

import http.client
import http.server
import json
import subprocess
import sys
import threading
import unittest

RELAY = sys.argv.pop()
ORDER = {"shop": "s-1", "order_id": "A-1", "sku": "GAME-100", "quantity": 1, "amount": 1000, "currency": "CNY"}
PATIENCE_S = 20


class Participants(http.server.ThreadingHTTPServer):
    """Records every call when it comes and when it was answered. `hold` may keep an answer back."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.changed = threading.Condition()
        self.events, self.bodies, self.keys, self.connections = [], {}, {}, set()
        self.status = {}  # "step:operation" -> status; else 200
        self.hold = {}    # "step:operation" -> an Event that its answer waits for
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # the relay may go while a late notify is being answered

    def note(self, event):
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()

    def wait_for(self, event):
        with self.changed:
            return self.changed.wait_for(lambda: event in self.events, PATIENCE_S)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        call = f"{body['step']}:{body['operation']}"
        self.server.bodies[call], self.server.keys[call] = body, self.headers["Idempotency-Key"]
        self.server.connections.add(self.client_address)
        self.server.note(f"{self.path} {call}")
        if call in self.server.hold:
            self.server.hold[call].wait(PATIENCE_S)
        answer = b'{"ok":true}'
        self.server.note(f"answered {call}")
        self.send_response(self.server.status.get(call, 200))
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class RelayTest(unittest.TestCase):
    def setUp(self):
        self.participants = Participants()
        self.relay = subprocess.Popen([RELAY, str(self.participants.server_address[1])], stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.stop)
        self.shop = http.client.HTTPConnection("127.0.0.1", int(self.relay.stdout.readline().split()[1]),
                                               timeout=PATIENCE_S)

    def stop(self):
        for held in self.participants.hold.values():
            held.set()
        self.shop.close()
        self.relay.terminate()
        self.assertEqual(self.relay.wait(PATIENCE_S), 0)
        self.relay.stdout.close()
        self.participants.shutdown()
        self.participants.server_close()

    def buy(self, key="k-1"):
        self.shop.request("POST", "/v1/purchases", json.dumps(ORDER),
                          {"Idempotency-Key": key, "Prefer": "wait=30", "Content-Type": "application/json"})
        answer = self.shop.getresponse()
        return answer.status, json.loads(answer.read())

    def calls(self):
        return [event for event in self.participants.events if event.startswith("/")]

    def test_seven_calls_in_order(self):
        # Given a merchant who does not answer yet, when a shop buys, then it is answered all the same ...
        self.participants.hold["notify:deliver"] = threading.Event()
        status, answer = self.buy()
        self.assertEqual((status, answer["state"]), (200, "delivering"))
        self.assertTrue(self.participants.wait_for("/callback notify:deliver"))
        self.assertNotIn("answered notify:deliver", self.participants.events)
        # ... after three tries in turn, each begun when the one before was answered, and the confirms: issue's after charge's.
        events = self.participants.events
        self.assertEqual(events[:6], ["/try reserve:try", "answered reserve:try", "/try charge:try", "answered charge:try",
                                      "/try issue:try", "answered issue:try"])
        self.assertEqual(set(events[6:12]), {"/confirm reserve:confirm", "answered reserve:confirm", "/confirm charge:confirm",
                                             "answered charge:confirm", "/confirm issue:confirm", "answered issue:confirm"})
        self.assertLess(events.index("answered charge:confirm"), events.index("/confirm issue:confirm"))
        self.assertEqual(events[12:], ["/callback notify:deliver"])
        self.participants.hold["notify:deliver"].set()
        self.assertTrue(self.participants.wait_for("answered notify:deliver"))
        self.assertEqual(len(self.calls()), 7)

    def test_reserve_and_charge_are_confirmed_side_by_side(self):
        held = ["reserve:confirm", "charge:confirm"]
        self.participants.hold |= {call: threading.Event() for call in held}
        buyer = threading.Thread(target=self.buy)
        buyer.start()
        for call in held:  # both are out while neither is answered
            self.assertTrue(self.participants.wait_for(f"/confirm {call}"))
        self.assertEqual(len(self.calls()), 5)
        # Issue's confirm waits for charge's only; the shop waits for all.
        self.participants.hold["charge:confirm"].set()
        self.assertTrue(self.participants.wait_for("answered issue:confirm"))
        self.assertTrue(buyer.is_alive())
        self.participants.hold["reserve:confirm"].set()
        buyer.join(PATIENCE_S)
        self.assertFalse(buyer.is_alive())

    def test_calls_carry_the_order_and_their_own_key(self):
        self.buy("k-7")
        self.assertTrue(self.participants.wait_for("answered notify:deliver"))
        self.assertEqual(len(self.participants.bodies), 7)
        for call, body in self.participants.bodies.items():
            self.assertEqual({name: body[name] for name in ORDER}, ORDER)
            self.assertEqual(self.participants.keys[call], f"k-7:{call}")

    def test_connections_are_kept(self):
        for number in range(5):
            self.assertEqual(self.buy(f"k-{number}")[0], 200)
        self.assertLessEqual(len(self.participants.connections), 3)  # two confirms side by side, and perhaps a late notify

    def test_a_failed_try_ends_it(self):
        self.participants.status["charge:try"] = 500
        self.assertEqual(self.buy()[0], 502)
        self.assertEqual(self.calls(), ["/try reserve:try", "/try charge:try"])


if __name__ == "__main__":
    unittest.main()
