"""Faults of PostgreSQL: restarted, away, slow, out of disk."""

import contextlib
import os
import time

import grpc

from check_servers import SmallDisk, first_refusal
from checking import equal
from faulting import fault
from fleet import Fleet
from gate import Gate
from importing import wait_for_rows
from ledger import Ledger
from loads import STRANGERS, Askers, Senders, known, new_order
from order_file import OrderFile
from stand import Stand

CACHED, UNCACHED = range(40), range(100, 140)
DISK_PORT = 8190


@fault(11, "postgres_restart", "retry with the same key; an unknown COMMIT is resolved by reading the key again", restarts=2,
       rows=60_000)
def postgres_restart(world, restarts, rows):
    """pg_ctl restart -m immediate within an import and under senders of single orders."""
    path = world.write_file(rows)
    with world.stand.ctl_start("import", "--mapping", world.mapping, path) as importer:
        with Senders(world, threads=2) as load:
            for number in range(1, restarts + 1):
                wait_for_rows(world.stand, importer, rows * number // (restarts + 1))
                world.servers.restart_postgres()
            importer.finish(120)
            load.wait_for(10)
    world.imported(path)
    return f"{restarts} restarts within the import, {load.told()}, {world.check()}"


@fault(12, "postgres_down", "recommend and figures go on from memory, liveness stays true, intake refuses and comes back",
       down_s=8, full={"down_s": 120})
def postgres_down(world, down_s):
    askers_of = known(CACHED) + STRANGERS
    warm(world.fleet, askers_of)
    with Senders(world, threads=2) as load, Askers(world, askers_of) as askers:
        load.wait_for(10)
        world.servers.stop_postgres()
        gone = time.monotonic()
        alive, figures = [], 0
        while time.monotonic() < gone + down_s:
            alive.append(world.stand.probe("/healthz"))
            world.fleet.totals(("orders",))
            figures += 1
            time.sleep(0.2)  # looks a few times a second
        world.servers.start_postgres()
        back = time.monotonic()
        load.wait_for(5)
        back = time.monotonic() - back
    equal(set(alive), {200}, "/healthz")
    equal(askers.failed, 0, f"recommendations refused ({askers.codes})")
    assert load.codes.keys() <= {"UNAVAILABLE", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED"}, load.codes
    return (f"recommend: {askers.told()}; figures answered {figures} times; /healthz 200 throughout; intake back {back:.1f} s "
            f"after PostgreSQL; {load.told()}, {world.check()}")


def warm(fleet, people):
    for person in people:
        fleet.recommend(**person)


@contextlib.contextmanager
def gated(world, name, *servers):
    """The fleet's one process, behind gates to the servers named; yields it with the gates."""
    world.stand.stop_process()
    with contextlib.ExitStack() as ends:
        folder = os.path.join(world.stand.folder, name)
        os.makedirs(folder, exist_ok=True)
        sockets = {"postgres": (".s.PGSQL.5432", world.servers.postgres_socket),
                   "redis": ("redis.sock", world.servers.redis_socket)}
        gates, settings = {}, {}
        for server in servers:
            socket, real = sockets[server]
            gates[server] = ends.enter_context(Gate(os.path.join(folder, socket), real))
            settings[server] = f"unix://{folder}/{socket}"
        if "postgres" in gates:
            settings["postgres"] = world.stand.dsn().replace(world.servers.postgres_folder, folder)
        process = world.stand.replica(name, **settings)
        ends.callback(world.stand.drop, process)
        ends.callback(lambda: [gate.pass_all() for gate in gates.values()])
        process.start_process()
        yield process, gates


@fault(13, "postgres_slow", "recommend's path is untouched: known people from the cache, others without history after 50 ms",
       delay_s=2, seconds=6, p99_ms_max=100)
def postgres_slow(world, delay_s, seconds, p99_ms_max):
    with gated(world, "slow-postgres", "postgres") as (process, gates):
        with Fleet(process.address, world.stand.keys["all"]) as fleet:
            warm(fleet, known(CACHED))
        world.servers.redis("flushall")
        usual = asked(world, process, known(CACHED) + STRANGERS, seconds / 3)
        gates["postgres"].delay(delay_s)
        slow = asked(world, process, known(CACHED) + STRANGERS, seconds)
        unknown = asked(world, process, known(UNCACHED), seconds / 3)
        threads = process.threads()
        gates["postgres"].pass_all()
    for askers in (slow, unknown):
        equal(askers.failed, 0, f"calls failed: {askers.codes}")
        assert askers.p99_ms() < p99_ms_max, f"p99 of {askers.p99_ms():.0f} ms"
    equal(slow.degraded, 0, "degraded answers to cached people and strangers")
    return (f"p99 of cached people and strangers {usual.p99_ms():.0f} ms before, {slow.p99_ms():.0f} ms with the delay; uncached "
            f"people {unknown.p99_ms():.0f} ms, {unknown.degraded} of {unknown.calls} degraded; {threads} threads")


def asked(world, process, people, seconds):
    with Askers(world, people, [process]) as askers:
        time.sleep(seconds)  # the length of the measurement
    return askers


@fault(15, "disk_full", "new writes refused with RESOURCE_EXHAUSTED, reads go on, recovery without manual repair",
       engines=("postgres",), disk_mib=128, rows=20_000)
def disk_full(world, disk_mib, rows):
    """PostgreSQL's data on a small tmpfs, in a fleet of its own."""
    with SmallDisk() as disk, contextlib.ExitStack() as ends:
        stand = Stand(DISK_PORT, folder=disk.folder, engine=world.stand.engine)
        ends.callback(stand.stop)
        disk.start(stand)
        ledger, pid = Ledger(), stand.pid()
        with Fleet(stand.address, stand.keys["all"], timeout=10) as fleet:
            path = world.write_file(rows)
            disk.fill()
            refusal = first_refusal(fleet)
            orders = fleet.totals(("orders",))["orders"]
            full = order_refused(fleet)
            disk.make_room()
            begin = time.monotonic()
            send_until_taken(fleet, ledger)
            recovered = time.monotonic() - begin
            stand.ctl("import", "--mapping", world.mapping, path)
            (record,) = (each for each in fleet.all_imports() if "-orders-" in each.name)
            ledger.add_file(OrderFile(path, world.mapping), fleet.import_of(record.name))
            equal(stand.pid(), pid, "the process")
            exact = ledger.check(stand, fleet)
    return (f"refused with {full}: {refusal.splitlines()[0][:80]}; figures went on ({orders} orders); taken again "
            f"{recovered:.1f} s after there was room, {exact}")


def order_refused(fleet):
    """The code by which a full disk refuses; the first refusal may have been a lost connection of PostgreSQL."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            fleet.send(*(new_order(9_000_000 + number) for number in range(500)))
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED:
                return error.code().name
    raise AssertionError("no order was refused with RESOURCE_EXHAUSTED")


def send_until_taken(fleet, ledger):
    """The orders that were refused or unanswered, until every one is acknowledged."""
    events, deadline = [new_order(9_000_000 + number) for number in range(500)], time.monotonic() + 30
    while True:
        try:
            ledger.acknowledge(events, fleet.send(*events))
            return
        except grpc.RpcError as error:
            assert time.monotonic() < deadline, f"still refused 30 s after there was room: {error.details()}"
