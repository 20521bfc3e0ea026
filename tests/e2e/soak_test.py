"""Purchases for hours while everything goes wrong now and then; memory, file descriptors and disk must stay flat.

`--hours H` (default: about half a minute, to show that it works). A fifth of the time: short lives of settled that end by kill -9, by
a cut of the power, by a failed or full disk, or with a clock that was set. The rest is one life, with frozen and killed services,
frozen settled, and proxies that spoil calls and cut links. At each checkpoint the shops pause, all comes to rest, the books are
audited, and what settled takes up is noted; the table is printed at the end.
"""

import itertools
import random
import signal
import sys
import time
import unittest

from settle_e2e import books as bookkeeping
from settle_e2e import report, sample
from settle_e2e.buyers import Buyers
from settle_e2e.false_clock import FalseClock
from settle_e2e.ordeal import Ordeal, new_seed, slow_down
from settle_e2e.processes import SERVICES, Process, find_binary
from settle_e2e.proxy import FaultProxy, register_behind
from settle_e2e.testing import BUILD
from settle_e2e.usage import Usage

HOURS = 0.006
SEED = new_seed()
PER_SECOND = 25
CALL_S = 2
CACHE_BYTES = 8 << 20
# RocksDB's write buffers (64 MiB, and what is being flushed) and cache, and the program: no run may need more.
RSS_MAX = 256 << 20
SOCKETS_MAX = (3 + 3) * 64 + 64  # a full pool for each participant and merchant, kept for a minute; shops, listener
DISK_PER_PURCHASE_MAX = 16 << 10  # bytes, journal and log together
LONG_HOURS = 0.9  # from here on the buffers had time to fill, and the second half of the run may need no more than the first


class Soak(Ordeal):
    def test_I1_to_I27_for_hours(self):
        print(f"seed {SEED}, {HOURS} h", flush=True)
        self.draw = random.Random(SEED)
        self.orders = sample.take(1_000_000_000)
        self.table, self.began = [], time.monotonic()
        self.clock = FalseClock(self.folder)
        stack = self.stack(settled_flags=("--cache-bytes", CACHE_BYTES))
        self.proxies = {name: FaultProxy(stack.services[name].port, SEED, name, share=0.05) for name in SERVICES}
        for proxy in self.proxies.values():
            self.addCleanup(proxy.stop)
        register_behind(self.api, self.proxies, stack)
        for service in stack.services.values():
            slow_down(service)
        seconds = HOURS * 3_600
        self.until(seconds / 5, lambda: self.short_life(stack))
        interval = max(8.0, seconds / 24)
        while len(self.table) < 2 or time.monotonic() - self.began < seconds:  # a slow machine's first part may take it all
            self.buyers = self.open_shops(stack)
            now = time.monotonic() - self.began
            self.until(max(now + 2, min(seconds, now + interval)), lambda: self.trouble(stack))
            took = self.checkpoint(stack)
            interval = max(interval, 10 * took)  # the audit reads all books: it must not become the test
        self.print_table()
        self.check_flat()
        self.check_replay(stack)

    def open_shops(self, stack):
        buyers = Buyers(stack.settled.url, self.draw.randrange(1 << 32), PER_SECOND, orders=self.orders)
        self.addCleanup(buyers.abandon)
        return buyers

    def until(self, seconds, act):
        while time.monotonic() - self.began < seconds:
            act()

    def short_life(self, stack):
        """settled_faulty instead of settled, until it dies of something; then all comes to rest under settled itself."""
        self.buyers = self.open_shops(stack)
        self.assertEqual(0, stack.settled.stop())
        plan = self.draw.choice(("cut_before_sync=", "cut_after_sync=", "eio_sync=", "eio_write=", "none", "none"))
        number = self.draw.randrange(50, 300)
        told = "" if plan == "none" else f"{plan}{number}"
        command = [find_binary(BUILD, "settled_faulty"), *stack.settled_command[1:]]
        faulty = Process("settled_faulty", command, stack.settled.port, stack.settled.log,
                         environment=self.clock.environment | {"FAULTY_DISK": f"seed={number} {told}"})
        self.addCleanup(faulty.kill)
        faulty.spawn()
        for _ in range(3):
            self.clock.set_wall(self.draw.choice((0, 0, 120, -120, 3_600, -3_600)))
            time.sleep(self.draw.random())
        if faulty.alive() and self.draw.random() < 0.5:
            faulty.child.send_signal(self.draw.choice((signal.SIGUSR1, signal.SIGUSR2, signal.SIGRTMIN)))
            time.sleep(0.5)
        faulty.kill()
        self.clock.set_wall(0)
        stack.settled.start()
        self.trouble(stack)
        self.checkpoint(stack, noted=False)

    def trouble(self, stack):
        """One thing that goes wrong, and a while of peace."""
        what, name = self.draw.choice(("freeze", "kill", "cut", "stop settled")), self.draw.choice(SERVICES)
        service = stack.services[name]
        if what == "freeze":
            service.freeze()
            time.sleep(CALL_S + self.draw.random())
            service.thaw()
        elif what == "kill":
            service.kill()
            time.sleep(self.draw.random() * 2)
            service.start()
            slow_down(service)
        elif what == "cut":
            self.proxies[name].cut_off = True
            time.sleep(CALL_S + self.draw.random())
            self.proxies[name].cut_off = False
        else:
            stack.settled.freeze()
            time.sleep(CALL_S + self.draw.random())
            stack.settled.thaw()
        time.sleep(self.draw.random() * 3)

    def checkpoint(self, stack, noted=True):
        """How long it took, in seconds."""
        self.come_to_rest()
        began = time.monotonic()
        for purchase_id, order in itertools.islice(self.buyers.acknowledged.items(), 50):
            self.assertEqual(order["order_id"], self.api.purchase(purchase_id)["order_id"], "I4")
        purchases = list(self.api.purchases())
        books = bookkeeping.Books(stack)
        self.assertEqual([], bookkeeping.audit(books, purchases))
        self.assertEqual([], bookkeeping.check_handed_out(books, self.buyers.cards), "I12")
        took = time.monotonic() - began
        if noted:
            self.table.append((time.monotonic() - self.began, len(purchases), Usage(stack.settled.pid, stack.data)))
            at_s, count, usage = self.table[-1]
            print(f"{at_s:7.0f} s  {count:8} purchases  {usage}", flush=True)
        return took

    def print_table(self):
        rows = [(f"{at_s:.0f} s", count, f"{usage.rss / 2**20:.1f} MiB", usage.sockets, usage.files, f"{usage.disk / 2**20:.1f} MiB")
                for at_s, count, usage in self.table]
        print("\nAt each checkpoint: time, purchases, memory, sockets, files, disk")
        report.table(rows)
        print("what the proxies did:", {name: dict(proxy.done) for name, proxy in self.proxies.items()})

    def check_flat(self):
        (_, count_first, first), (_, count_last, last) = self.table[0], self.table[-1]
        half = len(self.table) // 2
        for _, _, usage in self.table:
            self.assertLess(usage.rss, RSS_MAX)
            self.assertLess(usage.sockets, SOCKETS_MAX)
        bought = count_last - count_first
        if bought:
            print(f"disk: {(last.disk - first.disk) / bought:,.0f} bytes a purchase")
        self.assertLess(last.disk - first.disk, bought * DISK_PER_PURCHASE_MAX + (1 << 20))
        if HOURS >= LONG_HOURS:
            # It is a saw: buffers fill, and are written out. So the highest teeth are compared.
            earlier, later = (max(usage.rss for _, _, usage in part) for part in (self.table[:half], self.table[half:]))
            self.assertLess(later, earlier * 1.1 + (16 << 20))
            self.assertLess(last.files, max(usage.files for _, _, usage in self.table[:half]) * 1.5 + 16)


if __name__ == "__main__":
    if "--hours" in sys.argv:
        at = sys.argv.index("--hours")
        HOURS = float(sys.argv[at + 1])
        del sys.argv[at:at + 2]
    unittest.main(verbosity=2, warnings="ignore")  # sockets close with their threads
