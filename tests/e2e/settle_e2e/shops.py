"""Shops that submit orders at the same time, and remember what they were told."""

import queue
import threading
import time

SETTLED = ("completed", "failed", "expired")


class Shops:
    """`count` threads over one list of orders. Each order is submitted under its order number until it is answered."""

    def __init__(self, api, orders, count=24, wait_s=20):
        self.api, self.wait_s = api, wait_s
        self.todo = queue.SimpleQueue()
        for order in orders:
            self.todo.put(order)
        self.lock = threading.Lock()
        self.answered, self.latencies_s, self.cards, self.errors = [], [], {}, []
        self.stopping = False
        self.threads = [threading.Thread(target=self._work, daemon=True) for _ in range(count)]

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def running(self):
        return any(thread.is_alive() for thread in self.threads)

    def stop(self):
        """Finishes what is being submitted, and no more."""
        self.stopping = True
        for thread in self.threads:
            thread.join()

    def done(self):
        return len(self.answered)

    def _work(self):
        while not self.stopping:
            try:
                order = self.todo.get_nowait()
            except queue.Empty:
                return
            try:
                self._buy(order)
            except Exception as error:  # kept for the report: a thread's end must not pass unseen
                with self.lock:
                    self.errors.append(f"{order['order_id']}: {error!r}")

    def _buy(self, order):
        start = time.monotonic()
        _, purchase = self.api.submit_until_answered(order, order["order_id"], self.wait_s)
        while purchase["status"] not in SETTLED:
            purchase = self.api.purchase(purchase["id"], self.wait_s)
        with self.lock:
            self.answered.append((order, purchase["id"]))
            self.latencies_s.append(time.monotonic() - start)
            if "cards" in purchase:
                self.cards[purchase["id"]] = purchase["cards"]
