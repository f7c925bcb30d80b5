"""An order file in the format of Online Retail, made from a seed, with everything that makes such files hard."""

import csv
import datetime
import random

HEADER = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
PRODUCTS, CUSTOMERS = 600, 250
COUNTRIES = ("United Kingdom", "Germany", "France", "EIRE")
THINGS = ("LANTERN", 'SIGN, "HOME"', "T-LIGHT HOLDER", "CAKE STAND", "BUNTING", "TEA TOWEL, RED")


def write_shop(path, rows, seed, first_invoice=536_365):
    """About `rows` rows. Files of other seeds and first invoices share products and customers, and no invoice."""
    dice = random.Random(seed)
    start = datetime.datetime(2023, 1, 2, 8)
    invoice, written = first_invoice, 0
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        late = []  # a row that comes after its invoice has ended
        while written < rows:
            invoice += 1
            at = start + datetime.timedelta(minutes=120 * (invoice - first_invoice))
            block = document(dice, invoice, at)
            if late:
                block.insert(1, late.pop())
            if len(block) > 3 and dice.random() < 0.05:
                late.append(block.pop())
            writer.writerows(block)
            written += len(block)
        writer.writerows(late)
    return path


def document(dice, invoice, at):
    """The rows of one invoice: mostly an order, sometimes a return, an adjustment or corrections of stock."""
    kind = dice.random()
    customer = f"{12_000 + dice.randrange(CUSTOMERS)}.0" if dice.random() < 0.75 else ""
    country = COUNTRIES[int(len(COUNTRIES) * dice.random() ** 3)]
    stamp = at.strftime("%Y-%m-%d %H:%M:%S")
    if kind < 0.005:
        price = dice.choice(("11062.06", "-11062.06"))
        return [(f"A{invoice}", "B", "Adjust bad debt", 1, stamp, price, "", "United Kingdom")]
    if kind < 0.02:
        return [(invoice, code, title, -dice.randint(1, 50), stamp, "0.0", "", country)
                for code, title, _ in (product(dice) for _ in range(2))]
    if kind < 0.10:
        return [(f"C{invoice}", code, title, -dice.randint(1, 12), stamp, price, customer, country)
                for code, title, price in (product(dice) for _ in range(dice.randint(1, 4)))]
    rows = []
    theme = dice.randrange(PRODUCTS)  # neighbours are bought together
    for _ in range(dice.randint(1, 30)):
        code, title, price = product(dice, theme)
        rows.append((invoice, code, title, dice.randint(1, 24), stamp, price, customer, country))
    if len(rows) > 2 and dice.random() < 0.02:
        rows[-1] = (*rows[-1][:4], (at + datetime.timedelta(minutes=1)).strftime("%Y-%m-%d %H:%M:%S"), *rows[-1][5:])
    if dice.random() < 0.05:
        rows.append(rows[0])  # identical rows are legitimate
    return rows


def product(dice, theme=None):
    """(code, title, price); a price belongs to the product and may have three decimals."""
    number = dice.randrange(PRODUCTS) if theme is None or dice.random() < 0.3 else (theme + dice.randrange(5)) % PRODUCTS
    price = f"{number % 17}.{number * 7919 % 1000:03d}".rstrip("0")
    return f"{20_000 + number}{'ABC'[number % 3]}", f"{THINGS[number % len(THINGS)]} {number}", price + "0" * price.endswith(".")
