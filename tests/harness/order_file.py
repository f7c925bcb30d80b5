"""What a file of order lines says by itself, read with its import mapping: SQL over its rows, in integers of nanos.

The same rules that a mapping states for an import, written a second time and in another language: an order is all rows of
its id, at the earliest of their times and with the first row's country and store; returns are turned; adjustments and
corrections of stock stand alone, without a product, a store or a line's amount where they have none.
"""

import csv
import datetime
import decimal
import functools
import json
import os
import sqlite3

NANOS = 10**9
PLAIN_TIME = "%Y-%m-%d %H:%M:%S"
MEANINGS = {"MEANING_RETURN": "return", "MEANING_ADJUSTMENT": "adjustment", "MEANING_STOCK_ADJUSTMENT": "stock"}
MAPPINGS = "services/kontorctl/mappings"

# One row per line with the day and place of its document. The product of an adjustment is not part of it.
LINES = """
CREATE TABLE lines AS
WITH marked AS (SELECT *, {meaning} AS meaning, {amount} AS amount FROM rows),
     heads AS (SELECT order_id, meaning, min(time) AS time, min(seq) AS first FROM marked
               WHERE meaning IN ('order', 'return') GROUP BY order_id, meaning)
SELECT substr(coalesce(heads.time, marked.time), 1, 10) AS day, meaning, head.customer AS customer,
       head.country AS country, head.store AS store,
       CASE meaning WHEN 'adjustment' THEN '' ELSE marked.product END AS product,
       CASE meaning WHEN 'return' THEN -amount WHEN 'stock' THEN 0 ELSE amount END AS amount,
       marked.order_id AS order_id, marked.quantity AS quantity
FROM marked LEFT JOIN heads USING (order_id, meaning) JOIN rows AS head ON head.seq = coalesce(heads.first, marked.seq)
"""
CELLS = """
SELECT day, {place}, {thing},
       sum(CASE meaning WHEN 'order' THEN amount ELSE 0 END) AS gross,
       sum(CASE meaning WHEN 'return' THEN amount ELSE 0 END) AS returned,
       sum(CASE meaning WHEN 'adjustment' THEN amount ELSE 0 END) AS adjusted
FROM lines LEFT JOIN products USING (product) GROUP BY 1, 2, 3 HAVING gross <> 0 OR returned <> 0 OR adjusted <> 0
"""


def mapping_path(root, name):
    """A mapping by its file or by the name of one that ships."""
    shipped = os.path.join(root, MAPPINGS, name + ".json")
    return name if os.path.isfile(name) else shipped


@functools.lru_cache(maxsize=1 << 20)
def nanos(text):
    value = decimal.Decimal(text) * NANOS
    if value != value.to_integral_value():
        raise ValueError(f"{text} has more than nine decimals")
    return int(value)


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


class OrderFile:
    def __init__(self, path, mapping, products=None):
        """`mapping`: path of the mapping file. `products`: a file with product_id and department, which then replace the
        product in the cells."""
        with open(mapping, encoding="utf-8") as file:
            self.mapping = json.load(file)
        self.orders = self.mapping["orders"]
        self.place = "country" if "countryColumn" in self.orders else "store"
        self.thing = "department" if products else "product"
        self.dimensions = (self.place, self.thing)
        self.db = sqlite3.connect(":memory:")
        self.rows = self._load_rows(path)
        self._load_products(products)
        meaning = "CASE " + " ".join(self._conditions()) + " ELSE 'order' END"
        amount = "amount_nanos" if "amountColumn" in self.orders else "quantity * price_nanos"
        self.db.execute(LINES.format(meaning=meaning if self.orders.get("rules") else "'order'", amount=amount))

    def _conditions(self):
        for rule in self.orders.get("rules", ()):
            prefix = rule.get("orderIdPrefix", "")
            holds = [f"substr(order_id, 1, {len(prefix)}) = {quoted(prefix)}"] if prefix else []
            holds += ["quantity < 0"] if rule.get("quantityNegative") else []
            yield f"WHEN {' AND '.join(holds) or 'TRUE'} THEN '{MEANINGS[rule['meaning']]}'"

    def _load_rows(self, path):
        self.db.execute("CREATE TABLE rows (seq INTEGER PRIMARY KEY, order_id TEXT, time TEXT, customer TEXT, product TEXT, "
                        "quantity INTEGER, price_nanos INTEGER, amount_nanos INTEGER, country TEXT, store TEXT)")
        self.db.executemany(f"INSERT INTO rows VALUES ({', '.join('?' * 10)})", self._parsed(path))
        return self.db.execute("SELECT count(*) FROM rows").fetchone()[0]

    def _parsed(self, path):
        orders, time_format = self.orders, self.mapping.get("timeFormat", PLAIN_TIME)
        suffix = orders.get("customerIdSuffix", "")
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, delimiter=self.mapping.get("separator", ","))
            place = {name: at for at, name in enumerate(next(reader))}

            def column(field):
                at = place.get(orders.get(field))
                return (lambda row: "") if at is None else (lambda row: row[at])

            order_id, time, customer = column("orderIdColumn"), column("occurredAtColumn"), column("customerIdColumn")
            product, quantity, price = column("productIdColumn"), column("quantityColumn"), column("unitPriceColumn")
            amount, country, store = column("amountColumn"), column("countryColumn"), column("storeIdColumn")
            by_amount = "amountColumn" in orders
            for seq, row in enumerate(reader):
                stamp = time(row)
                if time_format != PLAIN_TIME:
                    stamp = datetime.datetime.strptime(stamp, time_format).strftime(PLAIN_TIME)
                yield (seq, order_id(row), stamp, customer(row).removesuffix(suffix), product(row),
                       nanos(quantity(row)) if by_amount else self._pieces(quantity(row)),
                       None if by_amount else nanos(price(row)),
                       nanos(amount(row)) if by_amount else None, country(row), store(row))

    @staticmethod
    def _pieces(text):
        pieces, rest = divmod(nanos(text), NANOS)
        if rest:
            raise ValueError(f"a quantity of {text} needs an amount column to be exact")
        return pieces

    def _load_products(self, path):
        self.db.execute("CREATE TABLE products (product TEXT PRIMARY KEY, department TEXT)")
        if path:
            with open(path, newline="", encoding="utf-8-sig") as file:
                rows = [(row["product_id"], row["department"]) for row in csv.DictReader(file)]
            self.db.executemany("INSERT OR IGNORE INTO products VALUES (?, ?)", rows)

    def cells(self):
        """(day, place, thing) → (gross, returns, adjustments) in nanos; cells of zeros are left out."""
        thing = "coalesce(department, '')" if self.thing == "department" else "product"
        return {row[:3]: row[3:] for row in self.db.execute(CELLS.format(place=self.place, thing=thing))}

    def order_lines(self):
        """(order, product, amount in nanos, quantity) of every line of an order; only the quantity's sign tells something."""
        return self.db.execute("SELECT order_id, product, amount, quantity FROM lines WHERE meaning = 'order'")

    def one(self, what, condition="TRUE"):
        return self.db.execute(f"SELECT {what} FROM lines WHERE {condition}").fetchone()[0] or 0

    def figures(self):
        """Totals by the names of the bench's rows; money in nanos."""
        clean = "meaning = 'order' AND amount > 0 AND customer <> ''"
        return {
            "rows_read": self.rows,
            "gross_total": self.one("sum(CASE meaning WHEN 'return' THEN -amount ELSE amount END)"),
            "clean_lines": self.one("count(*)", clean),
            "clean_total": self.one("sum(amount)", clean),
            "return_lines": self.one("count(*)", "meaning = 'return'"),
            "adjustment_lines": self.one("count(*)", "meaning = 'adjustment'"),
            "stock_corrections": self.one("count(*)", "meaning = 'stock'"),
        }
