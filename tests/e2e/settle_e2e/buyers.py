"""Shops that buy at random times until they are told to stop, and keep every acknowledgment."""

import random
import threading

from . import sample
from .api import Api


class Buyers:
    """`count` threads, together about `per_second` purchases, each again under its key until it is answered."""

    def __init__(self, url, seed, per_second, count=16, give_up_s=300, orders=None):
        self.api, self.lock = Api(url, timeout_s=15), threading.Lock()
        self.seed, self.per_second, self.count, self.give_up_s = seed, per_second, count, give_up_s
        self.orders = orders if orders is not None else sample.take(1_000_000_000)
        self.acknowledged, self.cards, self.complaints = {}, {}, []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._work, args=(i,), daemon=True) for i in range(count)]
        for thread in self.threads:
            thread.start()

    def abandon(self):
        """When the test is over anyway: they may still be waiting for a settled that never comes back."""
        self.stopping.set()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def _work(self, number):
        draw = random.Random(self.seed + number)
        while not self.stopping.wait(draw.random() * 2 * self.count / self.per_second):
            with self.lock:
                order = next(self.orders)
            try:
                self._buy(order, draw)
            except Exception as error:  # a thread's end must not pass unseen
                self.complaints.append(f"{order['order_id']}: {error!r}")

    def _submit(self, order, wait_s=None):
        return self.api.submit_until_answered(order, order["order_id"], wait_s, self.give_up_s)[1]

    def _buy(self, order, draw):
        purchase = self._submit(order, draw.choice((None, None, 2)))
        if draw.random() < 0.2:  # an answer that the shop did not believe
            again = self._submit(order)
            if again["id"] != purchase["id"]:
                self.complaints.append(f"I5: {order['order_id']} is {purchase['id']} and {again['id']}")
        with self.lock:
            self.acknowledged[purchase["id"]] = order
            if "cards" in purchase:
                self.cards[purchase["id"]] = purchase["cards"]
