"""What an operator wants to see at the end of a run."""

import collections
import shutil
import sys
import time


class Progress:
    """A bar on a terminal; a line now and then elsewhere."""

    def __init__(self, total, stream=sys.stderr):
        self.total, self.stream, self.tty = total, stream, stream.isatty()
        self.last = 0.0

    def show(self, done, text, force=False):
        now = time.monotonic()
        if not force and now - self.last < (0.1 if self.tty else 5):
            return
        self.last = now
        if not self.tty:
            print(f"  {done}/{self.total}  {text}", file=self.stream, flush=True)
            return
        columns = shutil.get_terminal_size((80, 24)).columns
        width = 30
        filled = width * done // max(self.total, 1)
        line = f"  [{'#' * filled}{'.' * (width - filled)}] {done}/{self.total}  {text}"
        print("\r" + line[:columns - 1].ljust(columns - 1), end="", file=self.stream, flush=True)

    def end(self, text):
        self.show(self.total, text, force=True)
        if self.tty:
            print(file=self.stream)


def percentile(values, share):
    """Nearest rank; values in any order."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def table(rows, indent="  "):
    """Columns aligned: text to the left, numbers to the right."""
    texts = [[cell if isinstance(cell, str) else f"{cell:,}" for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in texts) for i in range(len(texts[0]))] if texts else []
    for row, cells in zip(rows, texts):
        padded = [cell.ljust(width) if isinstance(raw, str) else cell.rjust(width)
                  for raw, cell, width in zip(row, cells, widths)]
        print((indent + "  ".join(padded)).rstrip())


def print_outcomes(purchases, seconds):
    states = collections.Counter(purchase["state"] for purchase in purchases)
    reasons = collections.Counter((purchase["reason"].get("step", "-"), purchase["reason"]["code"])
                                  for purchase in purchases if "reason" in purchase)
    print(f"\nOutcomes of {len(purchases):,} purchases in {seconds:.1f} s")
    table([[state, count] for state, count in states.most_common()])
    if reasons:
        print("\nWhy they were cancelled")
        table([[step, code, count] for (step, code), count in reasons.most_common()])


def print_latencies(latencies_s):
    print("\nFrom submit to outcome, as the shops saw it")
    table([[name, f"{percentile(latencies_s, share) * 1000:,.0f} ms".rjust(12)]
           for name, share in (("p50", .5), ("p90", .9), ("p99", .99), ("slowest", 1))])


def print_books(books, purchases, complaints):
    completed = sum(purchase["state"] == "completed" for purchase in purchases)
    deliveries = sum(count for _, count in books.callbacks.values())
    ids = sum(ids for ids, _ in books.callbacks.values())
    print("\nThe books, read from the services' own files")
    table([["purchases completed", completed],
           ["with cards issued", sum(count > 0 for count in books.issued.values())],
           ["cards issued", sum(books.issued.values())],
           ["stock taken", books.stock_taken],
           ["charged, less refunds (minor units)", sum(books.charged.values())],
           ["price of what was completed", sum(p["amount"] for p in purchases if p["state"] == "completed")],
           ["still held", sum(count > 0 for count in books.held.values())],
           ["callback ids at the merchant", ids],
           ["deliveries of them (repeats included)", deliveries]])
    for complaint in complaints[:20]:
        print(f"  WRONG  {complaint}")
    if len(complaints) > 20:
        print(f"  and {len(complaints) - 20} more")
    print(f"\nThe books {'balance.' if not complaints else 'DO NOT BALANCE: ' + str(len(complaints)) + ' complaints.'}")
