#!/usr/bin/env python3
"""A participant that lends out 100 seats, on the standard library: participant.py DATA_FILE SECRET_FILE [PORT]"""
import base64, hashlib, hmac, json, sqlite3, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

lock, db = threading.Lock(), sqlite3.connect(sys.argv[1], isolation_level=None, check_same_thread=False)
secrets = [base64.b64decode(line.strip()[6:]) for line in open(sys.argv[2]) if line.startswith("whsec_")]
db.executescript("""PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS fence (purchase, step, operation, status, body, PRIMARY KEY (purchase, step, operation));
    CREATE TABLE IF NOT EXISTS epoch (shard PRIMARY KEY, newest);
    CREATE TABLE IF NOT EXISTS seats (purchase, step, quantity, PRIMARY KEY (purchase, step));""")

def digest(body): return "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"

def check(path, headers, body):  # who sent it, did it arrive whole, do path, headers and body agree?
    key, stamp = headers["webhook-id"], headers["webhook-timestamp"]
    macs = [hmac.digest(secret, f"{key}.{stamp}.".encode() + body, "sha256") for secret in secrets]
    given = (headers["webhook-signature"] or "").encode().split()
    fits = any(hmac.compare_digest(b"v1," + base64.b64encode(mac), one) for mac in macs for one in given)
    if not fits or abs(time.time() - int(stamp)) > 300: raise PermissionError(401, "signature_refused")
    if headers["Content-Digest"] != digest(body): raise PermissionError(400, "digest_mismatch")
    names = [(call := json.loads(body))["purchase"], call["step"], call["operation"]]
    agree = names == [headers[f"Settle-{name}"] for name in ("Purchase", "Step", "Operation")] and names[2] == path[1:]
    if not agree or not key == headers["Idempotency-Key"] == ":".join(names): raise PermissionError(400, "headers_mismatch")
    return names[2], names[:2], call["quantity"], *(int(number) for number in headers["Settle-Epoch"].split(":"))

def work(operation, step, quantity, shard, epoch):  # the barrier and the work, in one transaction
    if not db.execute("""INSERT INTO epoch VALUES (?, ?) ON CONFLICT DO UPDATE SET newest = excluded.newest
            WHERE excluded.newest >= newest""", (shard, epoch)).rowcount: return 412, {"code": "stale_epoch"}
    fences = {name: (status, json.loads(body)) for name, status, body in db.execute(
        "SELECT operation, status, body FROM fence WHERE purchase = ? AND step = ?", step)}
    held = "try" in fences and fences["try"][0] == 200
    if operation == "query":
        past = {"cancel": "cancelled", "confirm": "confirmed", "try": "tried" if held else "refused"}  # the last first
        return 200, {"state": next((past[n] for n in past if n in fences), "unknown"), **fences.get("try", (0, {}))[1]}
    if operation in fences: return fences[operation]  # a repetition: the answer of the first time
    if operation == "try" and "cancel" in fences: return 409, {"code": "fenced"}
    if operation == "confirm" and ("cancel" in fences or not held): return 409, {"code": "not_held"}
    if operation == "cancel" and "confirm" in fences: return 409, {"code": "confirmed_before"}
    full = operation == "try" and not db.execute("""INSERT INTO seats SELECT ?1, ?2, ?3
        WHERE (SELECT total(quantity) FROM seats) + ?3 <= 100""", (*step, quantity)).rowcount
    if operation == "cancel": db.execute("DELETE FROM seats WHERE purchase = ? AND step = ?", step)
    answer = (409, {"code": "out_of_seats", "detail": "not enough seats are left"}) if full else (200, {})
    # Of a cancel without a try, too: this fence keeps out the try that may still come.
    db.execute("INSERT INTO fence VALUES (?, ?, ?, ?, ?)", (*step, operation, answer[0], json.dumps(answer[1])))
    return answer

class Handler(BaseHTTPRequestHandler):  # a connection a call, so that nothing unread is taken for the next one
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        try:
            if not 0 <= (size := int(self.headers["Content-Length"])) <= 65536: raise PermissionError(413, "body_too_large")
            call = check(self.path, self.headers, self.rfile.read(size))
            with lock, db:  # `with db` commits, or rolls back if something is raised
                db.execute("BEGIN IMMEDIATE")
                status, answer = work(*call)
        except PermissionError as refused: status, answer = refused.errno, {"code": refused.strerror}
        except (ValueError, KeyError, TypeError, AttributeError): status, answer = 400, {"code": "malformed"}
        body = json.dumps(answer).encode()
        self.send_response(status)
        for header in (("Content-Type", "application/json" if status < 400 else "application/problem+json"), ("Connection", "close"),
                       ("Content-Digest", digest(body)), ("Content-Length", str(len(body)))): self.send_header(*header)
        self.end_headers()
        self.wfile.write(body)

server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[3]) if len(sys.argv) > 3 else 0), Handler)
print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
