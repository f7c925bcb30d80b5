"""Faults of the events themselves: repeated, out of order, late, poisoned."""

import concurrent.futures
import threading
import time

from checking import equal
from faulting import fault
from fleet import NANOS, Fleet, analytics, ingest, number
from killing import end_dead_leases
from ledger import wait_until_applied

OUTCOME = ingest.EventVerdict.Outcome
DAY_S = 86_400
GROUPS = ("analytics", "recommendations")


@fault(7, "same_event_id", "one effect; the same response once it is known (while calls race, intake's verdict is best effort)",
       sends=1000, parallel=32, restarts=1)
def same_event_id(world, sends, parallel, restarts):
    event = world.order()
    before = world.fleet.totals(("orders",))["orders"]
    first = send_in_parallel(world, event, sends // 2, parallel)
    world.stand.kill()
    end_dead_leases(world.stand)
    world.stand.start_process()
    world.stand.wait_until_ready()
    second = send_in_parallel(world, event, sends - sends // 2, parallel)
    for verdict in (first[0], second[0]):
        world.ledger.acknowledge([event], [verdict])
    after = world.fleet.totals(("orders",), read_after=world.ledger.positions())["orders"]
    equal(after - before, 1, "orders counted")
    places = {(each.position.partition, each.position.offset) for each in second}
    equal(len(places), 1, "positions told after the restart")
    equal({each.outcome for each in second}, {OUTCOME.OUTCOME_DUPLICATE}, "outcomes after the restart")
    raced = {(each.position.partition, each.position.offset) for each in first}
    accepted = sum(each.outcome == OUTCOME.OUTCOME_ACCEPTED for each in first)
    return (f"{sends} sends, counted once; {accepted} of the racing first calls were told ACCEPTED, at {len(raced)} positions; "
            f"afterwards DUPLICATE at one position, {world.check()}")


def send_in_parallel(world, event, sends, parallel):
    """Verdicts of the same event, sent over connections of their own that all begin at once."""
    ready = threading.Barrier(parallel)

    def send_some(count):
        with Fleet(world.stand.address, world.stand.keys["all"], timeout=20) as fleet:
            fleet.recommend()  # the connection is there before the race begins
            ready.wait(20)
            return [fleet.send(event)[0] for _ in range(count)]

    shares = [sends // parallel + (worker < sends % parallel) for worker in range(parallel)]
    with concurrent.futures.ThreadPoolExecutor(parallel) as pool:
        return [verdict for some in pool.map(send_some, shares) for verdict in some]


@fault(8, "out_of_order", "event-time aggregates right, late events counted", orders=400, days=10, late_days=3)
def out_of_order(world, orders, days, late_days):
    """Orders of many days in one shuffled stream, all of them older than the newest accepted by days, with revisions and
    cancellations that come first."""
    start = 1_703_980_800 + DAY_S  # a midnight after the imported year
    late_before = world.fleet.query(("orders",)).late_events
    events, expected = [], {}
    for at in range(orders):
        day = at * 7 % days
        event = world.order()
        event.circumstances.country = "Norway"
        event.occurred_at.seconds = start + day * DAY_S + at
        events.append(event)
        amount = sum(line.amount.units * NANOS + line.amount.nanos for line in event.order_recorded.lines)
        count, total = expected.get(day, (0, 0))
        expected[day] = (count + 1, total + amount)
    assert time.time() - start > late_days * DAY_S
    events.reverse()
    for begin in range(0, len(events), 50):
        part = events[begin:begin + 50]
        world.ledger.acknowledge(part, world.fleet.send(*part))
    answer = world.fleet.query(("orders", "gross_revenue"), grain=analytics.GRAIN_DAY, read_after=world.ledger.positions(),
                               filters=[analytics.Filter(dimension="country", values=["Norway"])])
    found = {row.keys[0]: tuple(map(number, row.values)) for row in answer.rows if number(row.values[0])}
    told = {time.strftime("%Y-%m-%d", time.gmtime(start + day * DAY_S)): values for day, values in expected.items()}
    equal({key[:10]: values for key, values in found.items()}, told, "figures by day")
    equal(answer.late_events - late_before, orders, "late events counted")
    return f"{len(told)} days right to the nano, {orders} late events counted, watermark told, {world.check()}"


@fault(9, "poison", "dead letter with reason and offset; the partition goes on", engines=("postgres",), records=3000, one_in=1000)
def poison(world, records, one_in):
    """Records that no intake would let through, written straight into the log's table between good ones."""
    planted, unknown = [], []
    for number_sent in range(0, records, 100):
        events = [world.order() for _ in range(100)]
        world.ledger.acknowledge(events, world.fleet.send(*events))
        if number_sent % one_in == 0:
            planted.append(plant(world, b"\xff\xff poison"))
            unknown.append(plant(world, from_the_future(len(unknown))))
    positions = world.ledger.positions()
    wait_until_applied(world.stand, positions)
    for group in GROUPS:
        letters = world.stand.rows(f"SELECT partition, log_offset, reason FROM {group}.dead_letters WHERE topic = 'orders'")
        told = {(int(partition), int(offset)): reason for partition, offset, reason in letters}
        assert set(planted) <= told.keys(), f"{group}: planted {planted}, found {told}"
        assert all(told[place] for place in planted), told
        parked = world.stand.rows(f"SELECT partition, log_offset FROM {group}.parked_records WHERE topic = 'orders'")
        assert set(unknown) <= {(int(partition), int(offset)) for partition, offset in parked}, f"{group}: parked {parked}"
    for group in GROUPS:
        wait_for_letters(world, f"dead-letter.{group}", len(planted))
    reasons = sorted({told[place] for place in planted})
    return (f"{len(planted)} unreadable records in the dead letters as {', '.join(reasons)}, {len(unknown)} of an unknown type "
            f"parked, {world.check()}")


def wait_for_letters(world, topic, count, seconds=10):
    """Until so many records stand on a topic of dead letters; the outbox brings them there after the commit."""
    deadline = time.monotonic() + seconds
    while True:
        on_topic = int(world.stand.rows(f"SELECT sum(next_offset) FROM event_log.partitions WHERE topic = '{topic}'")[0][0])
        if on_topic >= count:
            return
        assert time.monotonic() < deadline, f"{on_topic} of {count} dead letters stand on {topic} after {seconds} s"
        time.sleep(0.05)  # the pause of a bounded poll


def plant(world, payload):
    """(partition, offset) of bytes appended to partition 0 of the orders as PostgreSQL's engine does it."""
    statement = ("WITH head AS (UPDATE event_log.partitions SET next_offset = next_offset + 1 WHERE topic = 'orders' AND "
                 "partition = 0 RETURNING id, next_offset - 1 AS at) INSERT INTO event_log.records SELECT id, at, now(), "
                 f"'\\x{payload.hex()}' FROM head RETURNING log_offset")
    return 0, int(world.stand.rows(statement)[0][0])


def from_the_future(number_planted):
    from kontor.events.v1 import record_pb2

    record = record_pb2.EventRecord(shop="default", event_id=f"future-{number_planted}", source="chaos",
                                    type="kontor.events.v9.NotKnownYet", payload=b"\x0a\x01x")
    record.occurred_at.seconds = record.received_at.seconds = 1_704_000_000
    return record.SerializeToString()
