"""Imports that are interrupted, repeated, or wrong in places."""

import json
import os
import shutil

from checking import equal, holds
from fleet import ingest
from importing import CELL_METRICS, differences, figures, import_files, wait_for_rows
from order_file import OrderFile

ROWS = 60_000
BAD_ROWS = (
    # what is wrong, row, reason
    ("a field is missing", "900001,20000A,LANTERN,1,2023-05-01 10:00:00,1.0,12000.0\n", "ROW_MALFORMED"),
    ("the quantity is no number", "900002,20000A,LANTERN,NaN,2023-05-01 10:00:00,1.0,12000.0,France\n", "NUMBER_INVALID"),
    ("the time is none", "900003,20000A,LANTERN,1,yesterday,1.0,12000.0,France\n", "TIME_INVALID"),
    ("the price is negative", "900004,20000A,LANTERN,1,2023-05-01 10:00:00,-1.0,12000.0,France\n", "NEGATIVE_PRICE"),
    ("the id has a control character", "90\x0105,20000A,LANTERN,1,2023-05-01 10:00:00,1.0,12000.0,France\n", "ID_INVALID"),
    ("the product is missing", "900006,,LANTERN,1,2023-05-01 10:00:00,1.0,12000.0,France\n", "MISSING"),
    ("the customer is an e-mail address", "900007,20000A,LANTERN,1,2023-05-01 10:00:00,1.0,a.b@example.org,France\n",
     "EMAIL_NOT_ALLOWED"),
    ("the id is not UTF-8", "9\udce9007,20000A,LANTERN,1,2023-05-01 10:00:00,1.0,12000.0,France\n", "UTF8_INVALID"),
    ("the year is 9999", "900008,20000A,LANTERN,1,9999-05-01 10:00:00,1.0,12000.0,France\n", "TIME_IN_FUTURE"),
)


def compare(world, *paths):
    """Every day × country × product cell of the fleet with SQL over the files."""
    expected = {}
    for path in paths:
        for key, values in OrderFile(path, world.mapping).cells().items():
            expected[key] = tuple(a + b for a, b in zip(values, expected.get(key, (0, 0, 0))))
    expected = {key: values for key, values in expected.items() if any(values)}
    wrong = differences(world.fleet.cells(CELL_METRICS, ("country", "product")), expected)
    assert not wrong, f"{len(wrong)} of {len(expected)} cells differ, the first: {wrong[0]}"


def an_import_survives_kills_of_the_server(world):
    import_files(world.stand, [(world.mapping, world.first)], kills=2, rows_in_all=ROWS)
    compare(world, world.first)
    found, expected = figures(world.fleet), OrderFile(world.first, world.mapping).figures()
    equal(found.pop("refused_rows"), 0, "refused rows")
    equal(found, expected, "figures")
    assert min(expected.values()) > 0, f"the made shop lacks something: {expected}"


def the_same_file_again_changes_nothing(world):
    before = world.fleet.cells(CELL_METRICS, ("country", "product"))
    world.stand.ctl("import", "--mapping", world.mapping, world.first)
    records = {each.name: each for each in map(world.fleet.import_of, (i.name for i in world.fleet.all_imports()))}
    copy = shutil.copyfile(world.first, os.path.join(world.folder, "again.csv"))
    import_files(world.stand, [(world.mapping, copy)])
    equal(differences(world.fleet.cells(CELL_METRICS, ("country", "product")), before), [], "cells")
    again = [world.fleet.import_of(each.name) for each in world.fleet.all_imports() if each.name not in records]
    equal(len(again), 2, "imports of the copy (products and orders)")
    equal(sum(each.accepted_events for each in again), 0, "events accepted of the copy")
    equal(sum(each.duplicate_events for each in again),
          sum(each.accepted_events + each.duplicate_events for each in records.values()), "duplicates")


def an_import_survives_a_kill_of_kontorctl(world):
    with world.stand.ctl_start("import", "--mapping", world.mapping, world.second) as importer:
        wait_for_rows(world.stand, importer, ROWS // 3)
    import_files(world.stand, [(world.mapping, world.second)])
    compare(world, world.first, world.second)


def wrong_rows_are_told_by_line_and_the_rest_is_taken(world):
    path = os.path.join(world.folder, "wrong-rows.csv")
    good = "91000{},20001B,BUNTING,2,2023-05-01 11:00:00,1.5,12001.0,France\n"
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n")
        for number, (_, row, _) in enumerate(BAD_ROWS):
            file.write(row + good.format(number))
    before = world.fleet.totals(("orders",))["orders"]
    world.stand.ctl("import", "--mapping", world.mapping, path)
    world.stand.ctl("wait")
    equal(world.fleet.totals(("orders",))["orders"] - before, len(BAD_ROWS), "orders taken")
    name = next(each.name for each in world.fleet.all_imports() if "/wrong-rows-orders-" in each.name)
    equal(world.fleet.import_of(name).refused_rows, len(BAD_ROWS), "refused rows")
    told = world.fleet.imports.ListImportErrors(ingest.ListImportErrorsRequest(parent=name), **world.fleet.call).errors
    found = {error.line: error.reason for error in told}
    for number, (what, _, reason) in enumerate(BAD_ROWS):
        equal(found.get(2 + 2 * number), reason, what)
    assert all(error.description for error in told), told
    holds(world.stand.ctl("imports", "--errors", name.rsplit("/", 1)[1]).stdout, "NUMBER_INVALID", "NEGATIVE_PRICE")


def a_mapping_that_does_not_fit_is_told_before_the_first_row(world):
    with open(world.mapping, encoding="utf-8") as file:
        mapping = json.load(file)
    mapping["orders"]["quantityColumn"] = "Pieces"
    mapping["orders"]["currencyCode"] = "XXQ"
    path = os.path.join(world.folder, "misfit.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(mapping, file)
    before = len(world.fleet.all_imports())
    done = world.stand.ctl("import", "--mapping", path, world.first, check=False)
    assert done.returncode != 0, "it was imported"
    holds(done.stdout, "COLUMN_MISSING", "Pieces", "StockCode", "CURRENCY_UNKNOWN")
    equal(len(world.fleet.all_imports()), before, "imports")
    holds(world.stand.ctl("import", "--mapping", path, "/nowhere.csv", check=False).stdout, "/nowhere.csv")
