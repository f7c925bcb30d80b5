"""Writes the Complete Journey's parquet files as the CSV files that the demo imports.

    complete_journey.py PARQUET_FOLDER OUT_FOLDER

transactions.csv is in order of time, so that an import replays the year as it happened; a missing value is an empty
field. Amounts are whole cents: 28 of the source's 5.9 million are the residue of somebody's binary arithmetic
(5.551115e-17 where 0 is meant) and are written as the cent they stand for; one further from a cent is an error. The known
totals of the data are checked before a file gets its name: a wrong file never looks like a finished one.
"""

import csv
import decimal
import os
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

TRANSACTIONS = ("basket_id", "household_id", "store_id", "product_id", "quantity", "sales_value", "retail_disc",
                "coupon_disc", "coupon_match_disc", "transaction_timestamp")
PRODUCTS = ("product_id", "manufacturer_id", "department", "brand", "product_category", "product_type", "package_size")
LINES, BASKETS, PRODUCT_COUNT, SALES = 1_469_307, 155_848, 92_331, decimal.Decimal("4596039.58")
RESIDUE = 1e-9


def read(folder, name, columns):
    return pq.read_table(os.path.join(folder, name + ".parquet"), columns=list(columns)).select(columns)


def texts(column):
    """One column as Python strings; None stays None and becomes an empty field."""
    if pa.types.is_timestamp(column.type):
        seconds = column.cast(pa.timestamp("s"))  # fails rather than cuts when there are fractions
        return pc.strftime(seconds, "%Y-%m-%d %H:%M:%S").to_pylist()
    values = column.to_pylist()
    if pa.types.is_floating(column.type):
        return [None if value is None else cents(value) for value in values]
    return values


def cents(value):
    nearest = round(value, 2)
    if abs(value - nearest) > RESIDUE:
        sys.exit(f"complete_journey.py: the amount {value!r} is not in whole cents; the package's data has changed")
    return format(decimal.Decimal(repr(nearest)), "f")


def write(path, columns):
    with open(path + ".part", "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values()))


def expect(what, found, expected):
    if found != expected:
        sys.exit(f"complete_journey.py: {what}: found {found}, expected {expected}; the package's data has changed")


def main(source, target):
    order = [("transaction_timestamp", "ascending"), ("basket_id", "ascending"), ("product_id", "ascending")]
    table = read(source, "transactions", TRANSACTIONS).sort_by(order)
    transactions = {name: texts(table[name]) for name in TRANSACTIONS}
    expect("transaction lines", table.num_rows, LINES)
    expect("baskets", len(set(transactions["basket_id"])), BASKETS)
    expect("sum of sales_value", sum(map(decimal.Decimal, transactions["sales_value"])), SALES)

    table = read(source, "products", PRODUCTS)
    products = {name: texts(table[name]) for name in PRODUCTS}
    expect("products", table.num_rows, PRODUCT_COUNT)

    # The quantity of fuel is a volume: the line says what it is, so that an import need not guess.
    types = dict(zip(products["product_id"], products["product_type"]))
    transactions["product_type"] = [types.get(product) for product in transactions["product_id"]]

    os.makedirs(target, exist_ok=True)
    for name, columns in (("transactions", transactions), ("products", products)):
        path = os.path.join(target, name + ".csv")
        write(path, columns)
        os.replace(path + ".part", path)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
