"""The shipped sample file, and how it was made: python3 sample.py > docs/examples/purchases.jsonl"""

import json
import pathlib
import random

FILE = pathlib.Path(__file__).resolve().parents[3] / "docs/examples/purchases.jsonl"
PRICES = {"GAME-30": 3_000, "GAME-100": 10_000, "MUSIC-10": 1_000, "PHONE-50": 5_000, "FUEL-200": 20_000}


def make(count=1000, seed=20260131):
    """Mostly good; 4 in 100 out of stock, 4 in 100 declined. The same for the same seed."""
    draw = random.Random(seed)
    for number in range(1, count + 1):
        fate = draw.random()
        sku = "SOLD-OUT" if fate < 0.04 else draw.choice(sorted(PRICES))
        buyer = f"declined-{draw.randrange(20)}" if 0.04 <= fate < 0.08 else f"b-{draw.randrange(400)}"
        quantity = draw.choice((1, 1, 1, 1, 2, 2, 3, 5))
        order = {"shop": f"shop-{draw.randrange(1, 4)}", "order_id": f"A-{1000 + number}", "buyer": buyer, "sku": sku,
                 "quantity": quantity, "amount": quantity * PRICES.get(sku, 7_500), "currency": "CNY",
                 "merchant": f"m-{draw.randrange(1, 4)}"}
        if draw.random() < 0.2:
            order["cart_id"] = f"C-{number}"
        if draw.random() < 0.1:
            order["payload"] = {"note": draw.choice(("a gift", "生日快乐", "please send by e-mail"))}
        yield order


def read(file=FILE):
    with open(file, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def take(count):
    """`count` orders from the sample file, which is gone through again with new order numbers when it is too short."""
    base = read()
    for number in range(count):
        order = dict(base[number % len(base)])
        turn = number // len(base)
        if turn:
            order["order_id"] += f"-{turn}"
            if "cart_id" in order:
                order["cart_id"] += f"-{turn}"
        yield order


if __name__ == "__main__":
    for one in make():
        print(json.dumps(one, ensure_ascii=False))
