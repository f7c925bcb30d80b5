"""The oracle: every acknowledged write with its natural key, and what the whole fleet must say of it afterwards.

An order that was acknowledged is present exactly once, with its amount to the last nano and its products, in the figures
(QueryKpis), in the analysts' views (SQL) and among the recommender's purchases. One more table counts instead of keeping
keys (recommendations.applied): there a record that is applied twice would show whatever its key is.
"""

import threading
import time

from checking import equal
from fleet import NANOS, SHOP, ingest

APPLIED_WITHIN_S = 40  # a dead owner's lease of 6 s, the next look for free leases, and the work itself
ORDER = "kontor.events.v1.OrderRecorded"
ACKNOWLEDGED = (ingest.EventVerdict.OUTCOME_ACCEPTED, ingest.EventVerdict.OUTCOME_DUPLICATE)
CONSUMERS = ("analytics", "recommendations")  # schemas
CONSUMER_GROUPS = 3  # one of analytics, two of recommendations: orders and the catalogue, behaviour
TOTALS = ("orders", "gross_revenue", "returns", "adjustments", "net_revenue")
DOCUMENTS = """SELECT id, (amount * 1000000000)::numeric(40, 0) FROM analytics.documents
               WHERE shop = 'default' AND kind = 0"""
VIEWS = """SELECT sum(orders), (sum(gross_revenue) * 1000000000)::numeric(40, 0), (sum(returns) * 1000000000)::numeric(40, 0),
           (sum(adjustments) * 1000000000)::numeric(40, 0), (sum(net_revenue) * 1000000000)::numeric(40, 0)
           FROM sql_v1.daily_revenue WHERE shop = 'default'"""
PURCHASES = """SELECT order_id, array_to_string(products, ',') FROM recommendations.purchases
               WHERE shop = 'default' AND revision >= 0 AND NOT cancelled"""
COUNTED = "SELECT partition, sum(snapshots) FROM recommendations.applied WHERE topic = 'orders' GROUP BY 1"
NEXT = "SELECT topic, partition, next_offset FROM {}.consumer_offsets"


class Ledger:
    """Thread-safe."""

    def __init__(self):
        self._lock = threading.Lock()
        self.amounts, self.products = {}, {}  # by order id: nanos; set of product ids
        self.returns = self.adjustments = 0
        self._ends = {}  # (topic, partition) → the highest acknowledged position

    def acknowledge(self, events, verdicts):
        """What SendEvents has answered for orders."""
        with self._lock:
            for event, verdict in zip(events, verdicts, strict=True):
                assert verdict.outcome in ACKNOWLEDGED, verdict
                order = event.order_recorded
                self.amounts[order.order_id] = sum(line.amount.units * NANOS + line.amount.nanos for line in order.lines)
                self.products[order.order_id] = {line.product_id for line in order.lines}
                self._reach(verdict.position)

    def add_file(self, order_file, record):
        """All of a file whose import is done; `record` is the import's own."""
        with self._lock:
            for order, product, amount, quantity in order_file.order_lines():
                self.amounts[order] = self.amounts.get(order, 0) + amount
                products = self.products.setdefault(order, set())
                if quantity > 0:
                    products.add(product)
            self.returns += order_file.one("sum(amount)", "meaning = 'return'")
            self.adjustments += order_file.one("sum(amount)", "meaning = 'adjustment'")
            for position in record.positions:
                self._reach(position)

    def _reach(self, position):
        place = position.topic, position.partition
        if place not in self._ends or self._ends[place].offset < position.offset:
            self._ends[place] = position

    def positions(self):
        with self._lock:
            return list(self._ends.values())

    def totals(self):
        gross = sum(self.amounts.values())
        return {"orders": len(self.amounts), "gross_revenue": gross, "returns": self.returns,
                "adjustments": self.adjustments, "net_revenue": gross - self.returns + self.adjustments}

    def parts(self, stand, fleet):
        """Name → check of each ledger, to be called once everything acknowledged is applied."""
        return {"figures": lambda: equal(fleet.totals(TOTALS, read_after=self.positions()), self.totals(), "QueryKpis"),
                "views": lambda: self._check_views(stand), "purchases": lambda: self._check_purchases(stand),
                "counts": lambda: check_counts(stand, fleet)}

    def check(self, stand, fleet):
        """Raises what differs; returns a sentence about what agrees."""
        wait_until_applied(stand, self.positions())
        told = {name: check() for name, check in self.parts(stand, fleet).items()}
        return f"{len(self.amounts):,} orders exact ({told['counts']:,} records)"

    def _check_views(self, stand):
        (view,) = stand.rows(VIEWS)
        equal(dict(zip(TOTALS, map(int, view))), self.totals(), "sql_v1.daily_revenue")
        rows = stand.rows(DOCUMENTS)
        same("analytics.documents", {order: int(amount) for order, amount in rows}, self.amounts, len(rows))

    def _check_purchases(self, stand):
        rows = stand.rows(PURCHASES)
        same("recommendations.purchases", {order: set(filter(None, products.split(","))) for order, products in rows},
             self.products, len(rows))


def same(what, found, expected, rows):
    equal(rows, len(found), f"{what}: rows against keys")
    wrong = sorted(key for key in found.keys() | expected.keys() if found.get(key) != expected.get(key))
    assert not wrong, (f"{what}: {len(wrong)} of {len(expected)} differ; {wrong[0]}: found {found.get(wrong[0])}, "
                       f"expected {expected.get(wrong[0])}")


def next_offsets(stand, consumer):
    """(topic, partition) → the first offset that the consumer has not applied."""
    return {(topic, int(partition)): int(offset) for topic, partition, offset in stand.rows(NEXT.format(consumer))}


def wait_until_applied(stand, positions, seconds=APPLIED_WITHIN_S):
    """Returns the seconds until both durable views had applied the positions."""
    begin = time.monotonic()
    for consumer in CONSUMERS:
        while True:
            following = next_offsets(stand, consumer)
            late = [each for each in positions if following.get((each.topic, each.partition), 1 << 62) <= each.offset]
            if not late:
                break
            assert time.monotonic() < begin + seconds, f"{consumer} has not applied {late[0]} after {seconds} s"
            time.sleep(0.05)  # the pause of a bounded poll
    return time.monotonic() - begin


def check_counts(stand, fleet):
    """Every order on the log, repetitions by senders included, was counted once by the table that has no key for it."""
    following = {partition: offset for (topic, partition), offset in next_offsets(stand, "recommendations").items()
                 if topic == "orders"}
    on_log, left = {}, {partition for partition, offset in following.items() if offset > 0}
    request = ingest.TailEventsRequest(parent=SHOP, topics=["orders"], from_beginning=True)
    tail = fleet.events.TailEvents(request, **fleet.call)
    while left:
        each = next(tail)
        partition = each.position.partition
        if each.position.offset < following[partition] and each.record.type == ORDER:
            on_log[partition] = on_log.get(partition, 0) + 1
        if each.position.offset >= following[partition] - 1:
            left.discard(partition)
    tail.cancel()
    counted = {int(partition): int(count) for partition, count in stand.rows(COUNTED)}
    equal(counted, on_log, "recommendations.applied against the log")
    return sum(on_log.values())


