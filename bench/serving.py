"""Measures Recommend under load on a full history, beside an empty handler on the same runtime.

    ./kontor bench serving [--data FILE --mapping NAME] [--engine NAME] [--quick] [--rate N] [--seconds N]

Default data: Complete Journey; without it Online Retail. Imports, trains, then runs bench_serving against kontor-all and
bench_noop in turn: open loop at --rate requests a second (500) for --seconds (60; each of the two, in slices of 2 s), with
latencies counted from the intended send times; closed loops over 8 connections; then orders one by one until they show in
the answer. Then the open loop again, shorter, with Redis dead, with PostgreSQL dead, while two models take turns in service, and, where the
log is in Kafka, while the broker restarts. Complete Journey's catalogue is topped up to 100,000 products by copies under other ids. The mix: 60% known customers, 25% baskets, 15% strangers. Client and servers share the machine. --quick: the
first 100,000 lines and 8 seconds.
"""

import argparse
import csv
import itertools
import json
import os
import random
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests", "harness"))

from bench_rows import row, write  # noqa: E402
from importing import import_files  # noqa: E402
from order_file import mapping_path  # noqa: E402
from servers import Servers  # noqa: E402
from stand import BUILD, ENGINES, ROOT, Stand, driver, end_by_signal  # noqa: E402

ONLINE_RETAIL = os.path.join(os.environ.get("KONTOR_DATA_DIR") or os.path.join(ROOT, "../shared/data"),
                             "online-retail/online_retail.csv")
COMPLETE_JOURNEY = os.path.join(ROOT, "var/data/complete-journey")
QUICK_LINES = 100_000
MIX = (("customer", 0.60), ("basket", 0.25), ("stranger", 0.15))
MIX_NOTE = "60% known customers, 25% baskets, 15% strangers"
REQUESTS = 20_000
CATALOGUE = 100_000  # products
STATE_SECONDS = 15  # of the open loop in each state, each of the two
BASKET_MAX = 5
SEED = 20_171_231
CACHE = "kontor_recommendations_history_cache_{}_total"
NOTES = {
    "recommend_p99_ms": "open loop, from the intended send time; " + MIX_NOTE,
    "noop_p99_ms": "an empty handler on the same runtime, slices of 2 s in turn",
    "recommend_max_rps": "closed loop, 8 connections; client and server share the processors",
    "noop_max_rps": "closed loop, 8 connections; client and server share the processors",
    "event_to_answer_p99_ms": "order sent until the customer's answer has changed, one at a time",
}
REFERENCES = {"recommend_p99_ms": (10, "aim"), "event_to_answer_p99_ms": (1000, "aim")}
RATIOS = {"recommend_p50_ms": "noop_p50_ms", "recommend_max_rps": "noop_max_rps"}
TOLD = ("recommend_p50_ms", "recommend_p99_ms", "recommend_p999_ms", "noop_p50_ms", "noop_p99_ms", "noop_p999_ms",
        "recommend_requests", "recommend_errors", "noop_errors", "recommend_max_rps", "noop_max_rps",
        "event_to_answer_p50_ms", "event_to_answer_p99_ms", "event_to_answer_events", "event_to_answer_errors")


class History:
    """Customers, baskets and places of an order file."""

    def __init__(self, path, mapping):
        with open(mapping, encoding="utf-8") as file:
            orders = json.load(file)["orders"]
        self.currency = orders["currencyCode"]
        suffix = orders.get("customerIdSuffix", "")
        baskets, customers, places = {}, {}, {}
        with open(path, newline="", encoding="utf-8-sig") as file:
            for row in csv.DictReader(file):
                if row[orders["quantityColumn"]].startswith("-"):
                    continue
                customer = row.get(orders.get("customerIdColumn"), "").removesuffix(suffix)
                place = (row.get(orders.get("countryColumn"), ""), row.get(orders.get("storeIdColumn"), ""))
                customers[customer] = place
                places[place] = None
                products = baskets.setdefault(row[orders["orderIdColumn"]], (place, []))[1]
                products.append(row[orders["productIdColumn"]])
        customers.pop("", None)
        self.customers, self.places, self.baskets = list(customers.items()), list(places), list(baskets.values())

    def write_requests(self, path):
        """What bench/request_mix.h reads, seeded."""
        dice = random.Random(SEED)
        kinds, shares = zip(*MIX)
        with open(path, "w", encoding="utf-8") as file:
            for kind in dice.choices(kinds, shares, k=REQUESTS):
                customer, basket = "", ()
                if kind == "customer":
                    customer, place = dice.choice(self.customers)
                elif kind == "basket":
                    place, products = dice.choice(self.baskets)
                    basket = dice.sample(products, min(len(products), dice.randint(1, BASKET_MAX)))
                else:
                    place = dice.choice(self.places)
                file.write("\t".join((kind, customer, ",".join(basket), *place)) + "\n")


class Noop:
    """bench_noop on a free port, with the stand's keys."""

    def __init__(self, stand):
        port = int(driver(f"free_ports {stand.port + 10}").stdout)
        self.address = f"127.0.0.1:{port}"
        with open(os.path.join(stand.folder, "noop.log"), "wb") as log:
            self.process = subprocess.Popen([os.path.join(BUILD, "bin/bench_noop"), self.address,
                                             os.path.join(stand.run, "keys.json")], stdout=log, stderr=log)
        deadline = time.monotonic() + 10
        while driver(f"port_taken {port}", check=False).returncode:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"bench_noop did not start; see {log.name}")
            time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)


def cache_counts(stand):
    """(histories asked for, found in the process, found in Redis)."""
    counts = {(kind, layer): sum(value for name, value in stand.metrics().items()
                                 if name.startswith(CACHE.format(kind)) and f'layer="{layer}"' in name)
              for kind in ("hits", "misses") for layer in ("local", "redis")}
    asked = counts["hits", "local"] + counts["misses", "local"]
    return asked, counts["hits", "local"], counts["hits", "redis"]


class Load:
    """bench_serving against a stand and a noop."""

    def __init__(self, stand, noop, history, options):
        requests = os.path.join(stand.folder, "requests.tsv")
        history.write_requests(requests)
        self.quick, self.seconds = options.quick, options.seconds
        self.words = [os.path.join(BUILD, "bin/bench_serving"), "--address", stand.address, "--noop-address", noop.address,
                      "--key-file", stand.key_file, "--requests", requests, "--currency", history.currency,
                      "--rate", str(options.rate)]

    def start(self, seconds, closed_seconds, events):
        words = [*self.words, "--seconds", seconds, "--closed-seconds", closed_seconds, "--events", events]
        return subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, text=True)

    @staticmethod
    def finish(process):
        lines = process.communicate()[0].splitlines()
        if process.returncode:
            raise RuntimeError("bench_serving failed; its words are above")
        return {name: (float(value), unit) for name, value, unit in (line.split("\t") for line in lines)}

    def whole(self):
        return self.finish(self.start(self.seconds, 1 if self.quick else 4, 50 if self.quick else 200))

    def in_trouble(self, make_trouble):
        """The open loop, with the trouble from its beginning on."""
        process = self.start(STATE_SECONDS // 3 if self.quick else STATE_SECONDS, 0, 0)
        make_trouble()
        return self.finish(process)


def measure_states(stand, load):
    """State → figures; everything runs again afterwards."""
    servers = Servers(stand)

    def restart_broker():
        servers.stop_kafka()
        servers.start_kafka()

    def change_models():
        for version in (1, 2, 1, 2):
            stand.ctl("promote", str(version))

    states = {"redis_dead": servers.kill_redis, "postgres_dead": servers.stop_postgres, "model_reload": change_models}
    if stand.engine == "kafka":
        states["broker_restart"] = restart_broker
    measured = {}
    for state, make_trouble in states.items():
        print(f"serving, {state.replace('_', ' ')}", flush=True)
        measured[state] = load.in_trouble(make_trouble)
        servers.mend()
    return measured


def state_rows(measured):
    rows = []
    for state, figures in measured.items():
        noop = figures["noop_p99_ms"][0]
        for name in ("recommend_p99_ms", "noop_p99_ms", "recommend_errors"):
            value, unit = figures[name]
            reference = round(noop, 4) if name == "recommend_p99_ms" else None
            rows.append(row(f"{name}_{state}", value, unit, reference,
                            state.replace("_", " ") + ("; against the empty handler" if reference else "")))
    return rows


def rows_of(measured, caches, history, options):
    rows = []
    for name in TOLD:
        value, unit = measured[name]
        reference, why = REFERENCES.get(name, (None, ""))
        if name in RATIOS:
            reference, why = round(measured[RATIOS[name]][0], 4), "against " + RATIOS[name]
        rows.append(row(name, value, unit, reference, "; ".join(filter(None, (NOTES.get(name), why)))))
    refused = sum(value for name, (value, _) in measured.items() if "_closed_errors_" in name)
    rows.append(row("closed_loop_refused", refused, "requests", None, "beyond queue or quota, not part of the maxima"))
    asked, local, redis = (after - before for before, after in zip(*caches))
    rows.append(row("cache_hit_rate", (local + redis) / asked if asked else 0, "share", None,
                    f"of {asked:.0f} histories, cold at the start; in the process alone {local / max(asked, 1):.4f}"))
    rows.append(row("history", len(history.baskets), "baskets", None,
                    f"imported before; {len(history.customers)} known customers"))
    rows.append(row("rate", options.rate, "requests/s", None, f"for {options.seconds} s; the log in {options.engine}"))
    return rows


def measure(path, mapping, files, options):
    history = History(path, mapping)
    with Stand(7800, engine=options.engine) as stand:
        print("importing", flush=True)
        import_files(stand, files)
        print("training", flush=True)
        for _ in range(2):  # two, to take turns
            print(stand.ctl("train", "--force").stdout.rstrip())
        with Noop(stand) as noop:
            print(f"serving {options.rate} requests/s", flush=True)
            before = cache_counts(stand)
            load = Load(stand, noop, history, options)
            rows = rows_of(load.whole(), (before, cache_counts(stand)), history, options)
            return rows + state_rows(measure_states(stand, load))


def whole_catalogue(scratch):
    """The products' file, topped up."""
    path = os.path.join(scratch, "serving-products.csv")
    with open(os.path.join(COMPLETE_JOURNEY, "products.csv"), newline="", encoding="utf-8") as source, \
         open(path, "w", newline="", encoding="utf-8") as target:
        rows, writer = csv.reader(source), csv.writer(target)
        writer.writerow(next(rows))
        products = list(rows)
        copies = ([f"{row[0]}-copy", *row[1:]] for row in products)
        writer.writerows(itertools.islice(itertools.chain(products, copies), CATALOGUE))
    return path


def choose_data(options, scratch):
    """(order file, mapping, files to import)"""
    journey = os.path.join(COMPLETE_JOURNEY, "transactions.csv")
    if options.data:
        path, name = os.path.abspath(options.data), options.mapping
    elif os.path.exists(journey):
        path, name = journey, "complete-journey"
    else:
        path, name = ONLINE_RETAIL, "online-retail"
    if options.quick:
        short = os.path.join(scratch, "serving-lines.csv")
        with open(path, encoding="utf-8") as source, open(short, "w", encoding="utf-8") as target:
            target.writelines(line for _, line in zip(range(QUICK_LINES + 1), source))
        path = short
    mapping = mapping_path(ROOT, name)
    files = [(mapping, path)]
    if not options.data and name == "complete-journey":
        files.insert(0, (mapping_path(ROOT, "complete-journey-products"), whole_catalogue(scratch)))
    return path, mapping, files


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data")
    parser.add_argument("--mapping")
    parser.add_argument("--engine", choices=ENGINES, default=ENGINES[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--seconds", type=int)
    options = parser.parse_args()
    if bool(options.data) != bool(options.mapping):
        parser.error("--data and --mapping go together")
    if options.data and not os.path.exists(options.data):
        parser.error(f"there is no file {options.data}")
    options.seconds = options.seconds or (8 if options.quick else 60)
    return options


def main():
    options = parse()
    end_by_signal()
    scratch = os.path.join(ROOT, "var/bench")
    os.makedirs(scratch, exist_ok=True)
    path, mapping, files = choose_data(options, scratch)
    rows = measure(path, mapping, files, options)
    write("serving", rows, [each for _, each in files])


if __name__ == "__main__":
    main()
