#!/usr/bin/env python3
"""A whole participant on Python's standard library alone: it lends out 100 seats.

Usage: participant.py DATA_FILE SECRET_FILE [PORT]
"""
import base64, hashlib, hmac, json, sqlite3, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

lock, db = threading.Lock(), sqlite3.connect(sys.argv[1], isolation_level=None, check_same_thread=False)
secrets = [base64.b64decode(line.strip()[6:]) for line in open(sys.argv[2]) if line.startswith("whsec_")]
db.executescript("""PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS fence (purchase, step, operation, origin, status, body, at DEFAULT (unixepoch()),
                                      PRIMARY KEY (purchase, step, operation));
    CREATE TABLE IF NOT EXISTS epoch (shard PRIMARY KEY, epoch);
    CREATE TABLE IF NOT EXISTS seats (purchase, step, quantity, PRIMARY KEY (purchase, step));""")


class Refused(Exception):
    """status, code"""


def check(headers, body):  # signature, digest, agreement of headers and body
    mid, stamp = headers["webhook-id"] or "", headers["webhook-timestamp"] or "0"
    if not stamp.isdigit() or abs(time.time() - int(stamp)) > 300: raise Refused(401, "signature_refused")
    macs = [hmac.new(key, f"{mid}.{stamp}.".encode() + body, hashlib.sha256).digest() for key in secrets]
    sent = (headers["webhook-signature"] or "").encode().split()
    if not any([hmac.compare_digest(b"v1," + base64.b64encode(m), s) for m in macs for s in sent]):
        raise Refused(401, "signature_refused")
    if headers["Content-Digest"] != digest(body): raise Refused(400, "digest_mismatch")
    call = json.loads(body)
    names = [call["purchase"], call["step"], call["operation"]]
    if names != [headers[f"Settle-{n}"] for n in ("Purchase", "Step", "Operation")]: raise Refused(400, "headers_mismatch")
    if not mid == headers["Idempotency-Key"] == ":".join(names): raise Refused(400, "headers_mismatch")
    return call, [int(n) for n in headers["Settle-Epoch"].split(":")]


def digest(body): return "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"


def fence(call, operation):  # the row of one operation, or None
    return db.execute("SELECT origin, status, body FROM fence WHERE purchase = ? AND step = ? AND operation = ?",
                      (call["purchase"], call["step"], operation)).fetchone()


def insert(call, operation, status=200, body="{}"):  # True if the row is new
    return db.execute("INSERT INTO fence (purchase, step, operation, origin, status, body) VALUES (?, ?, ?, ?, ?, ?)"
                      " ON CONFLICT DO NOTHING", (call["purchase"], call["step"], operation, call["operation"], status,
                                                  body)).rowcount == 1


def work(call):  # the barrier, and what this participant is there for; all within one transaction
    operation, step = call["operation"], (call["purchase"], call["step"])
    tried, confirmed, cancelled = (fence(call, one) for one in ("try", "confirm", "cancel"))
    if operation == "query":
        if cancelled or confirmed: return 200, {"state": "cancelled" if cancelled else "confirmed"}
        return 200, {"state": "unknown" if not tried else "tried" if tried[1] == 200 else "refused"}
    if operation == "try" and insert(call, "try"):
        taken = db.execute("SELECT coalesce(sum(quantity), 0) FROM seats").fetchone()[0]
        if taken + call["quantity"] > 100: answer = 409, {"code": "out_of_seats", "detail": "all seats are taken"}
        else:
            db.execute("INSERT INTO seats VALUES (?, ?, ?)", (*step, call["quantity"]))
            answer = 200, {"seats": call["quantity"]}
        db.execute("UPDATE fence SET status = ?, body = ? WHERE purchase = ? AND step = ? AND operation = 'try'",
                   (answer[0], json.dumps(answer[1]), *step))
        return answer
    if operation == "try" and tried[0] == "cancel": raise Refused(409, "fenced")  # hanging
    if operation == "confirm" and (cancelled or not tried or tried[1] != 200): raise Refused(409, "not_tried")
    if operation == "cancel" and confirmed: raise Refused(409, "confirmed_before")
    if operation == "cancel": insert(call, "try")  # new if the cancel is an empty one: fences a late try
    if operation != "try" and insert(call, operation) and operation == "cancel":
        db.execute("DELETE FROM seats WHERE purchase = ? AND step = ?", step)
    _, status, body = fence(call, operation)
    return status, json.loads(body)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        try:
            size = int(self.headers["Content-Length"] or -1)
            if not 0 <= size <= 65536: raise Refused(413, "body_too_large")
            call, (shard, epoch) = check(self.headers, self.rfile.read(size))
            if self.path != "/" + call["operation"]: raise Refused(404, "not_found")
            with lock:
                db.execute("BEGIN IMMEDIATE")
                seen = db.execute("SELECT epoch FROM epoch WHERE shard = ?", (shard,)).fetchone()
                try:
                    if seen and seen[0] > epoch: raise Refused(412, "stale_epoch")
                    db.execute("INSERT OR REPLACE INTO epoch VALUES (?, ?)", (shard, epoch))
                    status, answer = work(call)
                finally:  # a refusal has written nothing but the epoch
                    db.execute("COMMIT")
        except Refused as refused: status, answer = refused.args[0], {"code": refused.args[1]}
        except (ValueError, KeyError, TypeError, AttributeError): status, answer = 400, {"code": "body_malformed"}
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if status < 400 else "application/problem+json")
        self.send_header("Content-Digest", digest(body))
        self.send_header("Content-Length", str(len(body)))
        if status == 413: self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_): pass


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[3]) if len(sys.argv) > 3 else 0), Handler)
print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
