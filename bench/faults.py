"""Kills every server in the middle of its work and compares every figure with the file afterwards.

    ./kontor bench faults [--data FILE --mapping NAME] [--quick] [--full] [--engine postgres|kafka]

Once with the event log in PostgreSQL and once with it in Kafka, unless --engine names one.

One import of Online Retail (Complete Journey where that is missing) during which kontor-all is killed with SIGKILL 50 times
(--quick: 10 times, on the first 100,000 lines of Complete Journey or of the file given): in turn when so many rows are on
the log, and as soon as the consumers have applied something since the last kill. A dead owner's lease is ended by SQL
instead of six seconds of waiting. Beside it run two consumers without any key in their effects (chaos_ledger_consumer),
killed at the same moments: one commits effects and offset together, the mutant apart. Five ledgers must be exact at the
end, and the mutant's must not, or they would prove nothing. --full adds a row for every fault of tests/chaos in its long
form.
"""

import argparse
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, *(os.path.join(HERE, "..", "tests", part) for part in ("harness", "e2e", "chaos"))]

import chaos  # noqa: E402
from bench_rows import row, write  # noqa: E402
from fleet import Fleet  # noqa: E402
from importing import CELL_METRICS, differences  # noqa: E402
from killing import Killing, LedgerConsumers, applied  # noqa: E402
from ledger import Ledger, wait_until_applied  # noqa: E402
from order_file import OrderFile, mapping_path  # noqa: E402
from serving import COMPLETE_JOURNEY, ONLINE_RETAIL, QUICK_LINES, choose_data  # noqa: E402
from stand import ENGINES, ROOT, Stand, end_by_signal  # noqa: E402

KILLS, QUICK_KILLS = 50, 10
SEED = 20_260_102


def data(options, scratch):
    """(order file, mapping, products file or None, files to import)"""
    whole = not options.quick and not options.data and os.path.exists(ONLINE_RETAIL)
    if whole:
        mapping = mapping_path(ROOT, "online-retail")
        return ONLINE_RETAIL, mapping, None, [(mapping, ONLINE_RETAIL)]
    path, mapping, files = choose_data(options, scratch)
    if options.quick:
        return path, mapping, None, files[-1:]
    return path, mapping, files[0][1] if len(files) > 1 else None, files


def verdict(name, check):
    """True when the ledger is exact; what differs is told."""
    try:
        check()
        return True
    except AssertionError as error:
        print(f"  {name}: {error}", file=sys.stderr, flush=True)
        return False


def cells_agree(fleet, order_file):
    wrong = differences(fleet.cells(CELL_METRICS, order_file.dimensions), order_file.cells())
    assert not wrong, f"{len(wrong)} cells differ, the first: {wrong[0]}"


def measure(engine, options, path, mapping, products, files):
    order_file, dice = OrderFile(path, mapping, products), random.Random(SEED)
    kills = QUICK_KILLS if options.quick else KILLS
    with Stand(7800, engine=engine) as stand, LedgerConsumers(stand) as consumers:
        for each_mapping, each_path in files[:-1]:
            stand.ctl("import", "--mapping", each_mapping, each_path)
        print(f"importing {order_file.rows:,} rows with {kills} kills, the log in {engine}", flush=True)
        killing = Killing(stand, consumers, dice, order_file.rows, kills)
        killing.run(mapping, path)
        with Fleet(stand.address, stand.keys["all"], timeout=120) as fleet:
            ledger = Ledger()
            (record,) = (each for each in fleet.all_imports() if "-orders-" in each.name)
            ledger.add_file(order_file, fleet.import_of(record.name))
            waited = wait_until_applied(stand, ledger.positions(), 120)
            exact = {"cells": verdict("cells", lambda: cells_agree(fleet, order_file))}
            for name, check in ledger.parts(stand, fleet).items():
                exact[name] = verdict(name, check)
            lines = consumers.count()
            last = applied(stand)
    return rows_of(killing, exact, lines, last, waited, engine)


def rows_of(killing, exact, lines, last, waited, engine):
    between = sum(killing.first < seen < last for seen in killing.seen)
    rows = [row("kills", len(killing.seen), "kills", None, f"SIGKILL of kontor-all within one import of {killing.rows:,} rows"),
            row("kills_between_effects", between, "kills", len(killing.seen), "after the first and before the last effect"),
            row("distinct_offsets", len(set(killing.seen)), "offsets", None, "different sets of applied offsets after a kill")]
    if lines:
        exact["lines of a keyless consumer"] = lines["exact"][0] == lines["exact"][1] == lines["records"]
    rows.append(row("ledgers_exact", sum(exact.values()), "ledgers", len(exact), ", ".join(exact)))
    if lines:  # the consumers of the mutant read the log in PostgreSQL
        written, distinct = lines["apart"]
        rows.append(row("mutant_caught", int(written > distinct), "mutants", 1,
                        f"it commits effects apart from offsets: {written - distinct} of {lines['records']:,} records counted twice"))
    rows.append(row("detail/cells_waited_s", round(waited, 2), "s", None, "from the end of the import until all was applied"))
    prefix = "" if engine == ENGINES[0] else engine + "_"
    return [{**each, "name": prefix + each["name"]} for each in rows]


def chaos_rows(engine):
    for each in chaos.run_all("", engine, full=True):
        yield row(f"chaos/{engine}/{each['name']}", int(each["outcome"] == "PASS"), "passed", None if each["outcome"] == "SKIP" else 1,
                  f"{each['seconds']} s; {each['measured']}")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data")
    parser.add_argument("--mapping")
    parser.add_argument("--engine", choices=ENGINES)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--full", action="store_true")
    options = parser.parse_args()
    if bool(options.data) != bool(options.mapping):
        parser.error("--data and --mapping go together")
    if options.data and not os.path.exists(options.data):
        parser.error(f"there is no file {options.data}")
    return options


def main():
    options = parse()
    end_by_signal()
    scratch = os.path.join(ROOT, "var/bench")
    os.makedirs(scratch, exist_ok=True)
    path, mapping, products, files = data(options, scratch)
    rows = []
    for engine in [options.engine] if options.engine else ENGINES:
        rows += measure(engine, options, path, mapping, products, files)
        if options.full:
            rows += chaos_rows(engine)
    write("faults", rows, [each for _, each in files])


if __name__ == "__main__":
    main()
