"""Faults of search: killed while its catalogue is imported and changed."""

import csv
import itertools
import json
import os
import random

from checking import equal
from faulting import fault
from killing import end_dead_leases
from ledger import ACKNOWLEDGED, NANOS
from loads import Senders
from kontor.events.v1 import event_pb2

SEED = 20_260_104
CURRENCY = "GBP"
MAPPING = {"source": "chaos-search", "products": {"productIdColumn": "id", "titleColumn": "title"}}
THINGS = ("lantern", "bunting", "hammer", "drill", "kettle", "ladder")
LETTERS = "bcdfgkmprt"
PROBES = 60
RUNS = itertools.count()


class Products(Senders):
    """Each sends new products that nobody else has a word of, with their prices. `prices`: acknowledged, word → nanos."""

    what = "products and prices"

    def __init__(self, world, run, **options):
        super().__init__(world, batch=2, **options)
        self.run, self.numbers, self.prices, self.ends = run, itertools.count(1), {}, {}

    def _events(self):
        with self._lock:
            number = next(self.numbers)
        product = f"probe-{self.run}-{number}"
        upserted, priced = (event_pb2.Event(event_id=f"{kind}/{product}", source="chaos-search") for kind in ("product", "price"))
        for event in (upserted, priced):
            event.occurred_at.seconds = 1_704_000_000
        upserted.product_upserted.product_id = priced.price_set.product_id = product
        upserted.product_upserted.title = word(self.run, number)
        priced.price_set.currency_code = CURRENCY
        priced.price_set.price.units, priced.price_set.price.nanos = 1 + number % 900, number * 10_000_000 % NANOS
        return [upserted, priced]

    def _acknowledged(self, events, verdicts):
        upserted, priced = events
        with self._lock:
            for verdict in verdicts:
                assert verdict.outcome in ACKNOWLEDGED, verdict
                reach(verdict.position, self.ends)
            price = priced.price_set.price
            self.prices[upserted.product_upserted.title] = price.units * NANOS + price.nanos


def reach(position, ends):
    place = position.topic, position.partition
    if place not in ends or ends[place].offset < position.offset:
        ends[place] = position


def word(run, number):
    """One word, of consonants alone."""
    return "zq" + "".join(LETTERS[int(digit)] for digit in f"{run}{number:06}")


def write_products(world, run, count):
    path, mapping = (os.path.join(world.stand.folder, f"searched-{run}.{kind}") for kind in ("csv", "json"))
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "title"))
        writer.writerows((f"searched-{run}-{number}", f"{THINGS[number % len(THINGS)]} {number}") for number in range(count))
    with open(mapping, "w", encoding="utf-8") as file:
        json.dump(MAPPING, file)
    return mapping, path


def imported(world, path, count):
    """The positions of an import that has ended and refused nothing."""
    stem = os.path.splitext(os.path.basename(path))[0]
    (record,) = (each for each in world.fleet.all_imports() if f"/{stem}-products-" in each.name)
    record = world.fleet.import_of(record.name)
    equal((record.state, record.refused_rows, record.accepted_events + record.duplicate_events),
          (record.STATE_DONE, 0, count), "the import")
    return record.positions


def in_all(world, positions=()):
    return world.fleet.search(page_size=1, read_after=positions).total_results


@fault(34, "kill_search", "found is what was acknowledged: every product once, with its price", kills=4, products=30_000, senders=2)
def kill_search(world, kills, products, senders):
    """kill -9 while products are imported and others are sent; the first one after a snapshot was saved by a clean stop."""
    world.stand.stop_process()
    world.stand.start_process()
    world.stand.wait_until_ready()
    dice, run, before, within = random.Random(SEED), next(RUNS), in_all(world), 0
    mapping, path = write_products(world, run, products)
    with Products(world, run, threads=senders) as load, \
         world.stand.ctl_start("import", "--mapping", mapping, path) as importer:
        for _ in range(kills):
            load.wait_for(dice.randrange(5, 40))
            within += importer.poll() is None
            world.stand.kill()
            end_dead_leases(world.stand)
            world.stand.start_process()
        load.wait_for(20)
        importer.finish(120)
    assert within, "the import had ended before the first kill; give it more products"
    world.stand.wait_until_ready()
    ends = dict(load.ends)
    for position in imported(world, path, products):
        reach(position, ends)
    equal(in_all(world, ends.values()) - before, products + len(load.prices), "products that are found")
    for title in dice.sample(sorted(load.prices), min(PROBES, len(load.prices))):
        (found,) = world.fleet.search(query=title, verbatim=True).results
        equal((found.title, found.price.units * NANOS + found.price.nanos), (title, load.prices[title]), "a probe")
    return f"{kills} kills, {within} of them within the import; {products:,} + {len(load.prices):,} products found, {load.told()}"
