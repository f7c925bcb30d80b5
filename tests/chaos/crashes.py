"""Faults of the process itself: killed, frozen, doubled, joined and left."""

import random
import time

from checking import equal
from faulting import fault
from importing import wait_for_rows
from killing import applied, end_dead_leases
from ledger import CONSUMER_GROUPS, CONSUMERS, next_offsets, wait_until_applied
from loads import Askers, Senders, known

SEED = 20_260_101


@fault(1, "kill_consumer", "no lost, no double-counted order; resume < 10 s", kills=6, rows=60_000)
def kill_consumer(world, kills, rows):
    """kill -9 within an import: in turn when so many rows are on the log, and as soon as a batch has been applied."""
    dice, path, seen = random.Random(SEED), world.write_file(rows), set()
    with world.stand.ctl_start("import", "--mapping", world.mapping, path) as importer:
        for number in range(1, kills + 1):
            if number % 2:
                wait_for_rows(world.stand, importer, rows * number // (kills + 1))
            else:
                wait_for_progress(world, dice)
            last = number == kills
            killed = time.monotonic()
            world.stand.kill()
            seen.add(applied(world.stand))
            if not last:  # the last owner's lease ends by itself: how long the successor waits for it is measured
                end_dead_leases(world.stand)
            before = applied(world.stand)
            world.stand.start_process_behind()
        while applied(world.stand) == before:
            assert time.monotonic() < killed + 60, "no batch was applied within 60 s after the last kill"
            time.sleep(0.05)  # the pause of a bounded poll
        resumed = time.monotonic() - killed
        importer.finish(120)
        world.stand.settle()
    world.imported(path)
    return f"{kills} kills at {len(seen)} offsets, applied again {resumed:.1f} s after the last, {world.check()}"


def wait_for_progress(world, dice):
    """Until the consumers move, and a moment of chance within the next batches."""
    before, deadline = applied(world.stand), time.monotonic() + 20
    while applied(world.stand) == before:
        assert time.monotonic() < deadline, "the consumers do not move"
    time.sleep(dice.uniform(0, 0.05))  # the moment of chance


@fault(2, "kill_ingest", "acknowledged = on the log; the rest is sent again, duplicates absorbed by event id", kills=4,
       senders=4)
def kill_ingest(world, kills, senders):
    dice = random.Random(SEED)
    with Senders(world, threads=senders) as load:
        for _ in range(kills):
            load.wait_for(dice.randrange(20, 80))
            world.stand.kill()
            end_dead_leases(world.stand)
            world.stand.start_process()
        load.wait_for(20)
    return f"{kills} kills, {load.told()}, {world.check()}"


def owners(world):
    """Owner → partitions, of all consumer groups."""
    found = {}
    for consumer in CONSUMERS:
        for (owner,) in world.stand.rows(f"SELECT coalesce(owner, '') FROM {consumer}.consumer_offsets"):
            found[owner] = found.get(owner, 0) + 1
    return found


def wait_for_owners(world, holds, seconds=20):
    begin = time.monotonic()
    while not holds(owners(world)):
        assert time.monotonic() < begin + seconds, f"after {seconds} s the partitions belong to {owners(world)}"
        time.sleep(0.05)  # the pause of a bounded poll
    return time.monotonic() - begin


def shared(found):
    return len(found) == 2 * CONSUMER_GROUPS and "" not in found  # two processes


def fenced(process):
    return int(process.metrics().get('kontor_consumer_events_total{event="fenced",group="analytics"}', 0))


@fault(3, "zombie", "fenced: writes of a stale epoch refused; zero double count", lease_s=6,
       frozen="within a transaction, until succeeded, at most 20 s", rows=60_000, full={"rows": 200_000})
def zombie(world, lease_s, frozen, rows):
    """The owner is frozen in the middle of a transaction of an import that goes through the other process, is succeeded,
    and wakes up."""
    other = world.stand.replica("zombie-heir")
    other.start_process()
    wait_for_owners(world, shared)
    path = world.write_file(rows)
    with world.stand.ctl_start("import", "--mapping", world.mapping, path, address=other.address) as importer:
        wait_for_rows(world.stand, importer, rows // 6, other.address)
        epoch = epochs(world)
        within = freeze_within_a_transaction(world)
        try:
            took = wait_for_owners(world, lambda found: len(found) == CONSUMER_GROUPS, 20)
            importer.finish(120)
        finally:
            world.stand.thaw()
    world.imported(path)
    wait_for_owners(world, shared)
    with Senders(world, [world.stand, other], threads=2) as load:
        load.wait_for(30)
    raised = epochs(world) - epoch
    assert raised > 0, "no partition changed hands"
    return (f"frozen {'within' if within else 'outside'} a transaction, succeeded after {took:.1f} s, {raised} epochs raised, "
            f"{fenced(world.stand)} transactions of the zombie fenced, {world.check()}")


def epochs(world):
    return int(world.stand.rows("SELECT sum(epoch) FROM analytics.consumer_offsets")[0][0])


def freeze_within_a_transaction(world, tries=40):
    """Freezes the process; False when it was never met with a transaction open. One that stays open is the frozen one's."""
    for _ in range(tries):
        world.stand.freeze()
        time.sleep(0.2)  # whatever is not frozen goes on meanwhile
        if world.stand.rows("SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction' AND "
                            "clock_timestamp() - state_change > interval '150 milliseconds'"):
            return True
        world.stand.thaw()
    world.stand.freeze()
    return False


@fault(4, "lease_churn", "progress continues, lag bounded, no duplicates in totals", joins=3, every_s=2)
def lease_churn(world, joins, every_s):
    """A second process joins and leaves again every two seconds while orders come in."""
    other = world.stand.replica("churning")
    lags = []
    with Senders(world, threads=2, pause=0.02) as load:
        for _ in range(joins):
            begin = time.monotonic()
            other.start_process()
            while time.monotonic() < begin + every_s:
                lags.append(lag(world))
            other.stop_process()
            lags.append(lag(world))
        load.wait_for(10)
    caught_up = wait_until_applied(world.stand, world.ledger.positions())
    assert max(lags) < 10_000, f"the lag grew to {max(lags)} records"
    return f"{joins} joins, lag at most {max(lags)} records and none after {caught_up:.1f} s, {load.told()}, {world.check()}"


def lag(world):
    """Acknowledged records that a durable view has not applied, by the highest acknowledged positions."""
    ends = {(each.topic, each.partition): each.offset + 1 for each in world.ledger.positions()}
    return max(sum(max(0, end - following.get(place, end)) for place, end in ends.items())
               for following in (next_offsets(world.stand, consumer) for consumer in CONSUMERS))


@fault(29, "pause", "a pause below the lease is only a pause: nothing is lost, nobody is fenced, all goes on", frozen_s=3,
       lease_s=6)
def pause(world, frozen_s, lease_s):
    before = sorted(owners(world))
    with Senders(world, threads=2) as load, Askers(world, known(range(20)), timeout=20) as askers:
        load.wait_for(20)
        world.stand.freeze()
        try:
            time.sleep(frozen_s)  # the fault itself
        finally:
            world.stand.thaw()
        thawed = time.monotonic()
        load.wait_for(5)
        back = time.monotonic() - thawed
        load.wait_for(20)
    equal(sorted(owners(world)), before, "owners")
    equal(world.stand.probe("/healthz"), 200, "/healthz")
    assert back < 2, f"it took {back:.1f} s until orders were taken again"
    return f"orders taken again {back:.1f} s after the pause, same owners, {load.told()}, {askers.told()}, {world.check()}"
