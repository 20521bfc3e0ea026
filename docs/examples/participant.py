#!/usr/bin/env python3
"""A whole participant on Python's standard library: it lends out 100 seats.
Usage: participant.py DATA_FILE SECRET_FILE [PORT]"""
import base64, hashlib, hmac, json, sqlite3, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

lock, db = threading.Lock(), sqlite3.connect(sys.argv[1], isolation_level=None, check_same_thread=False)
secrets = [base64.b64decode(line.strip()[6:]) for line in open(sys.argv[2]) if line.startswith("whsec_")]
db.executescript("""PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS fence (purchase, step, operation, origin, status, body,
                                      PRIMARY KEY (purchase, step, operation));
    CREATE TABLE IF NOT EXISTS epoch (shard PRIMARY KEY, epoch);
    CREATE TABLE IF NOT EXISTS seats (purchase, step, quantity, PRIMARY KEY (purchase, step));""")

class Refused(Exception): pass  # status, code

def digest(body): return "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"

def check(headers, body):  # who sent it, did it arrive whole, do headers and body agree?
    key, stamp = headers["webhook-id"] or "", headers["webhook-timestamp"] or ""
    macs = [hmac.new(secret, f"{key}.{stamp}.".encode() + body, hashlib.sha256).digest() for secret in secrets]
    given = (headers["webhook-signature"] or "").encode().split()
    fits = [hmac.compare_digest(b"v1," + base64.b64encode(mac), one) for mac in macs for one in given]
    if not any(fits) or abs(time.time() - int(stamp)) > 300: raise Refused(401, "signature_refused")
    if headers["Content-Digest"] != digest(body): raise Refused(400, "digest_mismatch")
    call = json.loads(body)
    names = [call["purchase"], call["step"], call["operation"]]
    agree = names == [headers[name] for name in ("Settle-Purchase", "Settle-Step", "Settle-Operation")]
    if not agree or not key == headers["Idempotency-Key"] == ":".join(names): raise Refused(400, "headers_mismatch")
    return call, *(int(number) for number in headers["Settle-Epoch"].split(":"))

def work(call):  # the barrier and the work; BEGIN IMMEDIATE lets nobody in between reading and inserting the fences
    operation, step = call["operation"], (call["purchase"], call["step"])
    fences = {row[0]: (row[1], row[2], json.loads(row[3])) for row in db.execute(
        "SELECT operation, origin, status, body FROM fence WHERE purchase = ? AND step = ?", step)}
    insert = lambda row, status, body: db.execute("INSERT INTO fence VALUES (?, ?, ?, ?, ?, ?)",
                                                  (*step, row, operation, status, json.dumps(body)))
    if operation == "query":
        for row, state in (("cancel", "cancelled"), ("confirm", "confirmed"), ("try", "tried")):
            if row in fences and fences[row][1] == 200: return 200, {"state": state, "result": fences[row][2]}
        return 200, {"state": "refused", **fences["try"][2]} if fences else {"state": "unknown"}
    if operation in fences:  # a repetition: answer what was answered then; or a try after its cancel
        if fences[operation][0] != operation: return 409, {"code": "fenced"}
        return fences[operation][1:]
    held = "try" in fences and fences["try"][1] == 200
    if operation == "confirm" and ("cancel" in fences or not held): return 409, {"code": "not_held"}
    if operation == "cancel" and "confirm" in fences: return 409, {"code": "confirmed_before"}
    status, answer = 200, {}
    if operation == "try":
        if db.execute("SELECT total(quantity) FROM seats").fetchone()[0] + call["quantity"] > 100:
            status, answer = 409, {"code": "out_of_seats", "detail": "not enough seats are left"}
        else: db.execute("INSERT INTO seats VALUES (?, ?, ?)", (*step, call["quantity"]))
    elif operation == "cancel":
        db.execute("DELETE FROM seats WHERE purchase = ? AND step = ?", step)
        if "try" not in fences: insert("try", 409, {})  # an empty cancel: fences the try that may still come
    insert(operation, status, answer)
    return status, answer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        try:
            size = int(self.headers["Content-Length"])
            if not 0 <= size <= 65536: self.close_connection = True; raise Refused(413, "body_too_large")
            call, shard, epoch = check(self.headers, self.rfile.read(size))
            if self.path != "/" + call["operation"]: raise Refused(400, "headers_mismatch")
            with lock, db:  # `with db` commits, or rolls back if something is raised
                db.execute("BEGIN IMMEDIATE")
                if db.execute("SELECT 1 FROM epoch WHERE shard = ? AND epoch > ?", (shard, epoch)).fetchone():
                    raise Refused(412, "stale_epoch")
                db.execute("INSERT OR REPLACE INTO epoch VALUES (?, ?)", (shard, epoch))
                status, answer = work(call)
        except Refused as refused: status, answer = refused.args[0], {"code": refused.args[1]}
        except (ValueError, KeyError, TypeError, AttributeError): status, answer = 400, {"code": "malformed"}
        body = json.dumps(answer).encode()
        self.send_response(status)
        for header in (("Content-Type", "application/json" if status < 400 else "application/problem+json"),
                       ("Content-Digest", digest(body)), ("Content-Length", str(len(body)))): self.send_header(*header)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_): pass

server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[3]) if len(sys.argv) > 3 else 0), Handler)
print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
