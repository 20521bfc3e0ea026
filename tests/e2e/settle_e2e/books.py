"""The books: what really happened at the services, read from their SQLite files as outside knowledge.

Nothing here asks settled what happened; it only says which purchases there are, what they cost and how they ended.
"""

import collections
import contextlib
import sqlite3

DEFAULT_BALANCE = 1_000_000_000  # of settle-payment, for a buyer that it never heard of


def rows(file, query):
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as database:
        return database.execute(query).fetchall()


class Books:
    """What each purchase left at each service."""

    def __init__(self, stack):
        inventory, payment = stack.book_file("inventory"), stack.book_file("payment")
        card, merchant = stack.book_file("card"), stack.book_file("merchant")
        self.held = collections.Counter()
        self.taken, self.charged, self.issued = collections.Counter(), collections.Counter(), collections.Counter()
        self.codes = collections.defaultdict(set)
        for purchase, quantity, state in rows(inventory, "SELECT purchase, quantity, state FROM holds"):
            self.taken[purchase] += quantity if state == "taken" else 0
            self.held[purchase] += quantity if state == "held" else 0
        for purchase, held, charged, refunded in rows(payment, "SELECT purchase, held, charged, refunded FROM payments"):
            self.charged[purchase] += charged - refunded
            self.held[purchase] += held
        for purchase, code, state in rows(card, "SELECT purchase, code, state FROM codes WHERE purchase IS NOT NULL"):
            if state == "issued":
                self.issued[purchase] += 1
                self.codes[purchase].add(code)
            else:
                self.held[purchase] += 1
        self.callbacks = {purchase: (ids, count) for purchase, ids, count in rows(
            merchant, "SELECT purchase, count(*), sum(count) FROM deliveries GROUP BY purchase")}
        self.stock_taken = rows(inventory, "SELECT coalesce(sum(taken), 0) FROM stock")[0][0]
        self.accounts, self.balances = rows(payment, "SELECT count(*), coalesce(sum(balance), 0) FROM accounts")[0]

    def everybody(self):
        touched = (self.taken, self.charged, self.issued, self.held, self.callbacks)
        return set().union(*touched)


def _check_one(books, purchase, completed):
    """Complaints about one purchase. I11, I12, I26."""
    name, price, quantity = purchase["id"], purchase["amount"], purchase["quantity"]
    issued, charged, taken = books.issued[name], books.charged[name], books.taken[name]
    if issued not in (0, quantity):
        yield f"{issued} of {quantity} cards issued"
    if charged != (price if issued else 0):
        yield f"charged {charged}, with {issued} cards issued at a price of {price}"
    if taken != issued:
        yield f"{taken} taken from stock, {issued} cards issued"
    if books.held[name]:
        yield "something is still held"
    if completed != (issued > 0):
        yield f"it is {purchase['state']}, with {issued} cards issued"
    ids, count = books.callbacks.get(name, (0, 0))
    if completed and ids != 1:
        yield f"{ids} callback ids at the merchant, {count} deliveries"
    if not completed and count:
        yield "the merchant was told of a purchase that was not completed"


def audit(books, purchases, abandoned=frozenset()):
    """All complaints, as texts; empty: the books balance. `purchases`: every one that settled knows, at rest."""
    complaints = []
    for purchase in purchases:
        completed = purchase["state"] == "completed"
        for complaint in _check_one(books, purchase, completed):
            if purchase["id"] in abandoned and "callback ids" in complaint:
                continue
            complaints.append(f"{purchase['id']} ({purchase['order_id']}): {complaint}")
    known = {purchase["id"] for purchase in purchases}
    complaints += [f"{ghost}: left traces at a service, and settled does not know it" for ghost in books.everybody() - known]
    sold = sum(books.issued.values())
    if books.stock_taken != sold:
        complaints.append(f"stock: {books.stock_taken} taken in all, {sold} cards sold")
    if sum(len(codes) for codes in books.codes.values()) != len(set().union(*books.codes.values())):
        complaints.append("a card code belongs to two purchases")
    missing = books.accounts * DEFAULT_BALANCE - books.balances - sum(books.charged.values())
    if missing:
        complaints.append(f"money: the buyers' balances are {missing} off what was charged")
    return complaints


def check_handed_out(books, cards_by_purchase):
    """I12: the cards that shops were given are the ones that were issued for their purchase."""
    complaints = []
    for purchase, cards in cards_by_purchase.items():
        given = {card["code"] for card in cards}
        if given != books.codes[purchase]:
            complaints.append(f"{purchase}: the shop was given other cards than were issued for it")
    return complaints
