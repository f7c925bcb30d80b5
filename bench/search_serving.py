"""Measures Search under load while products change, beside an empty handler on the same runtime.

    ./kontor bench search-serving [--data FOLDER] [--engine NAME] [--quick] [--rate N] [--updates N] [--seconds N]

FOLDER has products.csv (id, title) and judgements.csv (id, query, grade), by default those of Home Depot. The products are
imported by kontorctl with a brand (the title's first word), a department and an aisle (the two most frequent of its words)
and get a price and a stock by a seeded draw. Servers are kontor-search and kontor-ingest: the other services, which serve no
searches, would follow the updates on machines of their own. Then bench_search_serving asks for results (the file's own queries,
24 results, 3 automatic facets) and for suggestions (the queries cut within their last word), and bench_noop for nothing, in
slices of 2 s in turn: open loop at --rate requests a second (300) for --seconds (20) of each, with latencies counted from the
intended send times. All the while --updates a second (1,000) reach the log by SendEvents: prices, stock, and in one of ten a
whole product with another text; and products with a word that nobody has are sent, one at a time, until they are found.
Client and servers share the machine. --quick: 10,000 products and 6 seconds.
"""

import argparse
import collections
import csv
import json
import os
import random
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests", "harness"))

from bench_rows import row, write  # noqa: E402
from fleet import Fleet  # noqa: E402
from serving import Noop  # noqa: E402
from process import driver  # noqa: E402
from stand import BUILD, ENGINES, PORTS, ROOT, Stand, end_by_signal  # noqa: E402
from kontor.events.v1 import event_pb2  # noqa: E402

HOME_DEPOT = os.path.join(os.environ.get("KONTOR_DATA_DIR") or os.path.join(ROOT, "../shared/data"), "home-depot")
QUICK_PRODUCTS = 10_000
CURRENCY = "USD"
SEED = 20_260_103
WORD = re.compile("[a-z]{4,}")
DEPARTMENTS = 400  # the most frequent words, of which departments and aisles are made
BATCH = 500  # events of a call
LEARN_PATIENCE_S = 180
MAPPING = {
    "source": "bench-search",
    "products": {"productIdColumn": "id", "titleColumn": "title", "brandColumn": "brand",
                 "categoryColumns": ["department", "aisle"]},
}
FIELDS = ("id", "title", "brand", "department", "aisle")
NOTES = {
    "search_p99_ms": "open loop, from the intended send time, while products change; aim",
    "suggest_p99_ms": "as-you-type, while products change",
    "noop_p99_ms": "an empty handler on the same runtime, slices of 2 s in turn, while products change",
    "update_to_found_p99_ms": "a new product sent until it is found, asked every 5 ms; aim",
    "update_call_p99_ms": "SendEvents of 20 updates until acknowledged",
}
REFERENCES = {"search_p99_ms": 20, "update_to_found_p99_ms": 1000}
TOLD = ("search_p50_ms", "search_p99_ms", "search_p999_ms", "search_requests", "search_errors", "suggest_p50_ms",
        "suggest_p99_ms", "suggest_errors", "noop_p50_ms", "noop_p99_ms", "noop_errors", "updates_per_s",
        "update_call_p99_ms", "update_call_errors", "update_to_found_p50_ms", "update_to_found_p99_ms",
        "update_to_found_products", "update_to_found_errors")


class SearchStand(Stand):
    """kontor-search, which is what its signals, times and metrics are about, and kontor-ingest."""

    def start_process(self):
        ingest_port = int(driver(f"free_ports {self.port + PORTS}").stdout)
        driver(f"process_start '{self.stack}' '{self.run}' {ingest_port} kontor-ingest")
        driver(f"process_start '{self.stack}' '{self.run}' {self.port} kontor-search")
        self.search_address, self.ingest_address = self.address, f"127.0.0.1:{ingest_port}"
        self.address = f"ingest={self.ingest_address},search={self.search_address}"

    def pid(self):
        with open(os.path.join(self.run, "kontor-search.pid"), encoding="utf-8") as file:
            return int(file.read())


def read_products(path, limit):
    """FIELDS of each product, as a shop would name them."""
    with open(path, newline="", encoding="utf-8", errors="replace") as file:
        rows = csv.reader(file)
        next(rows)
        titles = [(each[0], re.sub(r"\s+", " ", each[1]).strip()) for _, each in zip(range(limit), rows)]
    frequency = collections.Counter(word for _, title in titles for word in set(WORD.findall(title.lower())))
    rank = {word: place for place, (word, _) in enumerate(frequency.most_common(DEPARTMENTS))}
    products = []
    for product, title in titles:
        words = sorted({word for word in WORD.findall(title.lower()) if word in rank}, key=rank.get)
        products.append((product, title, title.split(" ")[0], *(words + ["", ""])[:2]))
    return products


def read_queries(path):
    with open(path, newline="", encoding="utf-8", errors="replace") as file:
        rows = csv.reader(file)
        next(rows)
        queries = list(dict.fromkeys(re.sub(r"\s+", " ", each[1]).strip() for each in rows))
    random.Random(SEED).shuffle(queries)
    return [query for query in queries if query]


def write_lines(path, lines):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)
    return path


def import_products(stand, products):
    path, mapping = (os.path.join(stand.folder, name) for name in ("products.csv", "mapping.json"))
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        writer.writerows(products)
    with open(mapping, "w", encoding="utf-8") as file:
        json.dump(MAPPING, file)
    stand.ctl("import", "--mapping", mapping, path)


def first_price_and_stock(product, dice, now):
    price = event_pb2.Event(event_id=f"first-price/{product}", source="bench-search")
    price.occurred_at.seconds = now
    price.price_set.product_id, price.price_set.currency_code = product, CURRENCY
    price.price_set.price.units, price.price_set.price.nanos = dice.randrange(1, 500), 990_000_000
    level = event_pb2.Event(event_id=f"first-stock/{product}", source="bench-search")
    level.occurred_at.seconds = now
    level.stock_level_set.product_id, level.stock_level_set.location_id = product, "main"
    level.stock_level_set.on_hand.value.units = dice.randrange(100)
    return price, level


def send_prices_and_stock(stand, products):
    dice, now = random.Random(SEED), int(time.time())
    with Fleet(stand.ingest_address, stand.keys["all"]) as fleet:
        for begin in range(0, len(products), BATCH // 2):
            fleet.send(*(event for product in products[begin:begin + BATCH // 2]
                         for event in first_price_and_stock(product[0], dice, now)))


def wait_until_learned(stand, products):
    """Until words, suggestions and vectors are learned from all of the catalogue; returns the seconds."""
    begin, seen = time.monotonic(), 0
    while seen < 3:  # what is applied in this second shows in the next
        if time.monotonic() > begin + LEARN_PATIENCE_S:
            raise RuntimeError(f"the catalogue is not learned {LEARN_PATIENCE_S} s after the import")
        time.sleep(1)
        metrics = stand.metrics()
        learned = metrics.get("kontor_search_unlearned_shops", 1) == 0 and metrics.get("kontor_search_documents") == products
        seen = seen + 1 if learned else 0
    return time.monotonic() - begin


def run_load(stand, noop, products, queries, options):
    words = [os.path.join(BUILD, "bin/bench_search_serving"), "--address", stand.search_address, "--ingest-address",
             stand.ingest_address, "--noop-address", noop.address,
             "--key-file", stand.key_file, "--queries", write_lines(os.path.join(stand.folder, "queries.txt"), queries),
             "--products", write_lines(os.path.join(stand.folder, "products.tsv"), map("\t".join, products)),
             "--currency", CURRENCY, "--rate", options.rate, "--updates", options.updates, "--seconds", options.seconds]
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, text=True,
                          timeout=120 + 5 * options.seconds)
    if done.returncode:
        raise RuntimeError("bench_search_serving failed; its words are above")
    return {name: (float(value), unit) for name, value, unit in (line.split("\t") for line in done.stdout.splitlines())}


def rows_of(measured, products, cpu, lightened, options):
    rows = []
    for name in TOLD:
        value, unit = measured[name]
        rows.append(row(name, value, unit, REFERENCES.get(name), NOTES.get(name, "")))
    rows.append(row("lightened_answers", lightened, "answers", None,
                    "by words alone, because too many others were being made; the first slice, which does not count, included"))
    rows.append(row("server_cpu_share", cpu, "cores", None, "of kontor-search over all slices"))
    rows.append(row("products", len(products), "products", None, "imported before, with prices and stock"))
    rows.append(row("rate", options.rate, "requests/s", None, f"for {options.seconds} s; the log in {options.engine}"))
    return rows


def measure(options):
    products = read_products(options.products, QUICK_PRODUCTS if options.quick else sys.maxsize)
    queries = read_queries(options.judgements)
    with SearchStand(7900, engine=options.engine) as stand:
        print(f"importing {len(products):,} products", flush=True)
        import_products(stand, products)
        send_prices_and_stock(stand, products)
        print(f"learned after {wait_until_learned(stand, len(products)):.0f} s", flush=True)
        with Noop(stand) as noop:
            print(f"searching, {options.rate} requests/s and {options.updates} updates/s", flush=True)
            begin, cpu = time.monotonic(), stand.cpu_seconds()
            measured = run_load(stand, noop, products, queries, options)
            cpu = (stand.cpu_seconds() - cpu) / (time.monotonic() - begin)
            lightened = stand.metrics().get("kontor_search_lightened_total", 0)
        return rows_of(measured, products, cpu, lightened, options)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=HOME_DEPOT)
    parser.add_argument("--engine", choices=ENGINES, default=ENGINES[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rate", type=int, default=300)
    parser.add_argument("--updates", type=int, default=1_000)
    parser.add_argument("--seconds", type=int)
    options = parser.parse_args()
    options.products, options.judgements = (os.path.join(options.data, name) for name in ("products.csv", "judgements.csv"))
    for path in (options.products, options.judgements):
        if not os.path.exists(path):
            parser.error(f"there is no file {path}")
    options.seconds = options.seconds or (6 if options.quick else 20)
    return options


def main():
    options = parse()
    end_by_signal()
    write("search-serving", measure(options), [options.products, options.judgements])


if __name__ == "__main__":
    main()
