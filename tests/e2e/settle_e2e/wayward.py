"""A participant that keeps the protocol in every respect but those that it is told to break. In memory, over real sockets."""

import base64
import hashlib
import hmac
import http.server
import itertools
import json
import pathlib
import threading
import time

DONE = {"try": "hold", "confirm": "taken", "cancel": "released"}


class Wayward(http.server.ThreadingHTTPServer):
    """`breaks`: what it does wrong, of the words that the code below asks for."""

    daemon_threads = True

    def __init__(self, secret_file, *breaks):
        super().__init__(("127.0.0.1", 0), Handler)
        self.secret = base64.b64decode(pathlib.Path(secret_file).read_text(encoding="ascii").strip().removeprefix("whsec_"))
        self.breaks, self.asked = set(breaks), set()
        self.lock, self.numbers, self.fences, self.epochs = threading.Lock(), itertools.count(), {}, {}

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def broken(self, what):
        self.asked.add(what)
        return what in self.breaks

    def refusal(self, headers, body):
        """The status that a forged, damaged or outdated call is refused with; None: it is none of these."""
        key, stamp, given = (headers[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
        mac = hmac.new(self.secret, f"{key}.{stamp}.".encode() + body, hashlib.sha256).digest()
        if given is None and not self.broken("no signature"):
            return 401
        fits = given is None or ("v1," + base64.b64encode(mac).decode()) in given.split()
        if not fits and not self.broken("bad signature"):
            return 401
        if abs(time.time() - int(stamp)) > 300 and not self.broken("stale timestamp"):
            return 401
        digest = "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"
        if headers["Content-Digest"] != digest and not self.broken("bad digest"):
            return 400
        shard, epoch = headers["Settle-Epoch"].split(":")
        newest = self.epochs[shard] = max(int(epoch), self.epochs.get(shard, 0))
        return 412 if int(epoch) < newest and not self.broken("old epoch") else None

    def work(self, operation, purchase):
        with self.lock:
            fences = self.fences.setdefault(purchase, {})
            if operation == "query":
                return 200, {"state": self.state(fences)}
            if operation in fences and not self.broken(f"duplicate {operation}"):
                return fences[operation]
        if operation == "try" and self.broken("two tries at once"):
            time.sleep(0.3)  # the other one looks for a fence meanwhile, and finds none
        with self.lock:
            if operation in fences and not self.broken("two tries at once") and not self.broken(f"duplicate {operation}"):
                return fences[operation]
            status, code = self.verdict(operation, fences)
            answer = {"code": code} if code else {DONE[operation]: next(self.numbers)}
            fences[operation] = status, answer
            return status, answer

    def verdict(self, operation, fences):
        if operation == "try":
            if "cancel" in fences and not self.broken("late try after cancel"):
                return 409, "fenced"
            return (422, "not_today") if self.broken("try") else (200, "")
        if operation == "confirm":
            if "try" not in fences:
                return (200, "") if self.broken("confirm without a try") else (409, "not_held")
            return (409, "changed_my_mind") if self.broken("confirm") else (200, "")
        if "confirm" in fences:
            return (200, "") if self.broken("cancel after confirm") else (409, "confirmed_before")
        if "try" not in fences:
            return (409, "nothing_to_cancel") if self.broken("empty cancel") else (200, "")
        return (409, "too_late") if self.broken("cancel") else (200, "")

    def state(self, fences):
        if not fences:
            return "refused" if self.broken("query of nothing") else "unknown"
        if "cancel" in fences:
            return "tried" if self.broken("query after a cancel") else "cancelled"
        return "unknown" if self.broken("query after a try") else "tried"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, answer = self.server.refusal(self.headers, body), {}
        if status is None:
            status, answer = self.server.work(self.path.strip("/"), self.headers["Settle-Purchase"])
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass
