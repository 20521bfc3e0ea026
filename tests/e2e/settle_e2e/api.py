"""The HTTP API as a shop and an operator use it: one connection per thread, kept alive."""

import http.client
import json
import threading
import time
import urllib.parse


class ApiError(Exception):
    """An answer that was not hoped for."""

    def __init__(self, status, body):
        self.status, self.body = status, body
        self.code = body.get("code", "") if isinstance(body, dict) else ""
        super().__init__(f"HTTP {status}: {body}")


class Unreachable(Exception):
    """No answer, or only half of one: what was asked may have happened."""


class Api:
    def __init__(self, url, timeout_s=30):
        self.url, self.timeout_s = url, timeout_s
        self.local = threading.local()

    def _connection(self):
        if getattr(self.local, "connection", None) is None:
            parts = urllib.parse.urlsplit(self.url)
            self.local.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=self.timeout_s)
        return self.local.connection

    def _drop(self):
        if getattr(self.local, "connection", None) is not None:
            self.local.connection.close()
            self.local.connection = None

    def request(self, method, path, body=None, headers=None):
        """Status, parsed body and headers of the answer. Raises Unreachable."""
        data = None if body is None else json.dumps(body).encode()
        head = ({"Content-Type": "application/json"} if data is not None else {}) | (headers or {})
        fresh = getattr(self.local, "connection", None) is None
        try:
            return self._request_once(method, path, data, head)
        except (OSError, http.client.HTTPException) as error:
            self._drop()
            # A kept connection may have been closed while it lay idle; what is idempotent is tried once more.
            if fresh or method == "POST":
                raise Unreachable(f"{method} {path}: {error!r}") from error
        try:
            return self._request_once(method, path, data, head)
        except (OSError, http.client.HTTPException) as error:
            self._drop()
            raise Unreachable(f"{method} {path}: {error!r}") from error

    def _request_once(self, method, path, data, head):
        connection = self._connection()
        connection.request(method, path, data, head)
        answer = connection.getresponse()
        text = answer.read()
        if answer.will_close:
            self._drop()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        one_value = headers.get("content-type", "").split(";")[0] in ("application/json", "application/problem+json")
        parsed = json.loads(text) if text and one_value else text.decode()
        return answer.status, parsed, headers

    def ask(self, method, path, body=None, headers=None):
        """The body of a good answer. Raises ApiError, Unreachable."""
        status, parsed, _ = self.request(method, path, body, headers)
        if status >= 400:
            raise ApiError(status, parsed)
        return parsed

    def submit(self, order, key, wait_s=None):
        """Status and purchase. Raises ApiError, Unreachable."""
        headers = {"Idempotency-Key": key} | ({"Prefer": f"wait={wait_s}"} if wait_s else {})
        status, parsed, _ = self.request("POST", "/v1/purchases", order, headers)
        if status >= 400:
            raise ApiError(status, parsed)
        return status, parsed

    def submit_until_answered(self, order, key, wait_s=None, give_up_s=300):
        """As a careful shop does: the same key again until there is an answer that is not 503."""
        until = time.monotonic() + give_up_s
        pause_s = 0.05
        while True:
            try:
                return self.submit(order, key, wait_s)
            except Unreachable:
                if time.monotonic() > until:
                    raise
            except ApiError as error:
                if error.status != 503 or time.monotonic() > until:
                    raise
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, 1)

    def purchase(self, purchase_id, wait_s=None):
        return self.ask("GET", f"/v1/purchases/{purchase_id}", None, {"Prefer": f"wait={wait_s}"} if wait_s else None)

    def purchases(self, **query):
        """All that match, page after page."""
        query.setdefault("limit", 200)
        while True:
            page = self.ask("GET", "/v1/purchases?" + urllib.parse.urlencode(query))
            yield from page["purchases"]
            if "next" not in page:
                return
            query["cursor"] = page["next"]

    def journal(self, **query):
        """All records, page after page."""
        query.setdefault("limit", 500)
        while True:
            lines = [json.loads(line) for line in self.ask("GET", "/v1/journal?" + urllib.parse.urlencode(query)).splitlines()]
            records = [line for line in lines if "next" not in line]
            yield from records
            cursors = [line["next"] for line in lines if "next" in line]
            if not records or not cursors:
                return
            query["from"] = cursors[-1]

    def open_purchases(self):
        return [one for state in ("trying", "confirming", "delivering", "cancelling") for one in self.purchases(state=state)]

    def act(self, purchase_id, verb, why, who="operator", **more):
        return self.ask("POST", f"/v1/purchases/{purchase_id}/{verb}", {"who": who, "why": why, **more})

    def register(self, stack, merchants=("m-1", "m-2", "m-3")):
        """The services of a stack as participants, and merchants that all live at its merchant service."""
        endpoints = {operation: "/" + operation for operation in ("try", "confirm", "cancel", "query")}
        for name in ("inventory", "payment", "card"):
            self.ask("PUT", f"/v1/participants/{name}",
                     {"base_urls": [stack.services[name].url], "endpoints": endpoints, "secrets": [stack.secrets[name]]})
        for merchant in merchants:
            self.ask("PUT", f"/v1/merchants/{merchant}",
                     {"url": stack.services["merchant"].url + "/callback", "secrets": [stack.secrets["merchant"]],
                      "success": {"statuses": [200], "exact_body": "success"}})


def until_at_rest(api, patience_s, why, note=lambda open_purchases: None):
    """Waits until no purchase is open, retrying parked ones as an operator would. The number of those retries."""
    retried = 0
    until = time.monotonic() + patience_s
    while True:
        still = api.open_purchases()
        note(still)
        if not still:
            return retried
        if time.monotonic() > until:
            first = still[0]
            raise TimeoutError(f"{len(still)} purchases are still open after {patience_s} s; the first: {json.dumps(first)}")
        for one in still:
            if one["needs_person"]:
                api.act(one["id"], "retry", why)
                retried += 1
        time.sleep(0.5)
