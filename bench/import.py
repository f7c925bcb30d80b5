"""Imports an order file and compares every cell of the figures with SQL over the file itself.

    ./kontor bench import [--data FILE --mapping NAME [--products FILE]] [--quick] [--twice] [--kill N]

Default: Online Retail (below ${KONTOR_DATA_DIR:-../shared/data}, when it is there) and Complete Journey, each in a fleet of
its own. A cell is day × country × product (Online Retail) or day × store × department (Complete Journey, or any file with
--products); its figures are the amounts of orders, returns and adjustments, read back through QueryKpis when all views have
applied the import, and equal to the last nano or counted as different. --quick: Online Retail, or else the first 100,000
lines of Complete Journey. --kill N: kontor-all is killed with SIGKILL N times on the way. --twice: the same file once more
under another name, which must change nothing.
"""

import argparse
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests", "harness"))

from bench_rows import row, write  # noqa: E402
from fleet import Fleet  # noqa: E402
from importing import CELL_METRICS, differences, figures, import_files  # noqa: E402
from order_file import NANOS, OrderFile, mapping_path  # noqa: E402
from stand import ROOT, Stand, end_by_signal  # noqa: E402

ONLINE_RETAIL = os.path.join(os.environ.get("KONTOR_DATA_DIR") or os.path.join(ROOT, "../shared/data"),
                             "online-retail/online_retail.csv")
COMPLETE_JOURNEY = os.path.join(ROOT, "var/data/complete-journey")
QUICK_LINES = 100_000
SHOWN = 5
MONEY = ("gross_total", "clean_total")
NOTES = {
    "gross_total": "orders − returns + adjustments",
    "clean_lines": "paid lines of known customers' orders",
    "clean_total": "amount of the clean lines",
}
# What is published of the whole files, as ../shared/data/README.md says: a check on the SQL, too.
PUBLISHED = {"online-retail": (541_909, {"gross_total": 9747747934000000, "clean_lines": 397_884,
                                         "clean_total": 8911407904000000, "return_lines": 9_288}),
             "complete-journey": (1_469_307, {"gross_total": 4596039580000000})}


class DataSet:
    def __init__(self, mapping, path, products=None):
        self.name = os.path.splitext(os.path.basename(mapping))[0]
        self.mapping, self.path, self.products = mapping_path(ROOT, mapping), path, products

    def files(self, path=None):
        """(mapping, file) pairs in the order in which they are imported."""
        orders = [(self.mapping, path or self.path)]
        return [(mapping_path(ROOT, "complete-journey-products"), self.products)] + orders if self.products else orders


def data_sets(options, scratch):
    if options.data:
        return [DataSet(options.mapping, os.path.abspath(options.data), options.products)]
    journey = DataSet("complete-journey", os.path.join(COMPLETE_JOURNEY, "transactions.csv"),
                      os.path.join(COMPLETE_JOURNEY, "products.csv"))
    if not os.path.exists(ONLINE_RETAIL):
        print(f"Online Retail is not at {os.path.normpath(ONLINE_RETAIL)}; only Complete Journey is measured")
    elif options.quick:
        return [DataSet("online-retail", ONLINE_RETAIL)]
    else:
        return [DataSet("online-retail", ONLINE_RETAIL), journey]
    if options.quick:
        journey.path = first_lines(journey.path, os.path.join(scratch, "transactions.csv"), QUICK_LINES)
    return [journey]


def first_lines(source, target, lines):
    with open(source, encoding="utf-8") as read, open(target, "w", encoding="utf-8") as write:
        for number, line in enumerate(read):
            if number > lines:
                break
            write.write(line)
    return target


def shown(name, value):
    return value / NANOS if name in MONEY else value


def unit_of(name):
    return "money" if name in MONEY else "rows" if name in ("rows_read", "refused_rows") else "lines"


def figure_rows(data, found, expected):
    lines, published = PUBLISHED.get(data.name, (0, {}))
    published = published if lines == expected["rows_read"] else {}
    for name, value in found.items():
        reference = published.get(name, expected.get(name, 0))
        note = ", ".join(filter(None, (NOTES.get(name), "published" if name in published else "SQL over the file")))
        yield row(name, shown(name, value), unit_of(name), shown(name, reference), note if name in expected else "")


def say_differences(where, lines):
    for line in lines[:SHOWN]:
        print(f"  {where}: {line}", file=sys.stderr)
    if len(lines) > SHOWN:
        print(f"  {where}: {len(lines) - SHOWN} more", file=sys.stderr)


def second_import(stand, fleet, data, before):
    """The same file under another name: all duplicates, and not one cell changed."""
    copy = os.path.join(stand.folder, "again-" + os.path.basename(data.path))
    shutil.copyfile(data.path, copy)
    import_files(stand, [(data.mapping, copy)])
    records = [fleet.import_of(each.name) for each in fleet.all_imports() if "/again-" in each.name]
    changed = differences(fleet.cells(CELL_METRICS, before.dimensions), before.found)
    say_differences("after the second import", changed)
    return [row("second_import_accepted", sum(each.accepted_events for each in records), "events", 0, "must be 0"),
            row("second_import_duplicates", sum(each.duplicate_events for each in records), "events"),
            row("second_import_cells_changed", len(changed), "cells", 0, "must be 0")]


class Cells:
    def __init__(self, fleet, order_file):
        self.dimensions = order_file.dimensions
        self.found, self.expected = fleet.cells(CELL_METRICS, self.dimensions), order_file.cells()
        self.different = differences(self.found, self.expected)

    def rows(self):
        note = "day × " + " × ".join(self.dimensions) + "; orders, returns, adjustments, equal to the last nano"
        return [row("cells_compared", len(self.found.keys() | self.expected.keys()), "cells", None, note),
                row("cells_different", len(self.different), "cells", 0, "must be 0")]


def measure(data, options):
    print(f"{data.name}: reading {data.path} by SQL", flush=True)
    order_file = OrderFile(data.path, data.mapping, data.products)
    expected = order_file.figures()
    with Stand(7800) as stand:
        print(f"{data.name}: importing", flush=True)
        seconds = import_files(stand, data.files(), options.kill, expected["rows_read"])
        with Fleet(stand.address, stand.keys["all"], timeout=120) as fleet:
            rows = list(figure_rows(data, figures(fleet), expected))
            cells = Cells(fleet, order_file)
            say_differences(data.name, cells.different)
            rows += cells.rows()
            kills = f"with {options.kill} kills of kontor-all" if options.kill else "from file to both services' views"
            rows.append(row("seconds_to_views", round(seconds, 2), "s", 60, kills))
            rows.append(row("rows_per_second", round(expected["rows_read"] / seconds), "rows/s"))
            rows.append(row("peak_rss_mib", round(stand.peak_rss_mib(), 1), "MiB", None, "kontor-all, VmHWM"))
            if options.twice:
                rows += second_import(stand, fleet, data, cells)
    return rows


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data")
    parser.add_argument("--mapping")
    parser.add_argument("--products", help="a file with product_id and department, as complete-journey-products reads it")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--twice", action="store_true")
    parser.add_argument("--kill", type=int, default=0, metavar="N")
    options = parser.parse_args()
    if bool(options.data) != bool(options.mapping):
        parser.error("--data and --mapping go together")
    if options.data and not os.path.exists(options.data):
        parser.error(f"there is no file {options.data}")
    if options.mapping and not os.path.isfile(mapping_path(ROOT, options.mapping)):
        parser.error(f"there is no mapping {options.mapping}")
    return options


def main():
    options = parse()
    end_by_signal()
    scratch = os.path.join(ROOT, "var/bench")
    os.makedirs(scratch, exist_ok=True)
    sets = data_sets(options, scratch)
    rows = []
    for number, data in enumerate(sets):
        prefix = data.name.replace("-", "_") + "_" if number else ""  # the first data set has the plain names
        for each in measure(data, options):
            rows.append({**each, "name": prefix + each["name"],
                         "note": "; ".join(filter(None, (data.name, each["note"])))})
    write("import", rows, [path for data in sets for path in (data.path, data.products) if path and os.path.exists(path)])


if __name__ == "__main__":
    main()
