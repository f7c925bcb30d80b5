"""Faults of Redis: dead, slow, silent, full, emptied."""

import time

from checking import equal
from faulting import fault
from loads import STRANGERS, Askers, Senders, known
from postgres import asked, gated

CACHED = range(60)
MISSES = 'kontor_recommendations_history_cache_misses_total{layer="redis"}'


def exact_and_quick(askers, p99_ms_max):
    equal(askers.failed, 0, f"calls failed: {askers.codes}")
    equal(askers.empty, 0, "empty answers")
    assert askers.p99_ms() < p99_ms_max, f"p99 of {askers.p99_ms():.0f} ms"


@fault(17, "redis_killed", "answers go on, p99 < 100 ms", down_s=4, p99_ms_max=100, full={"down_s": 60})
def redis_killed(world, down_s, p99_ms_max):
    with Askers(world, known(CACHED) + STRANGERS) as askers, Senders(world, threads=1) as load:
        askers.wait_for(50)
        world.servers.kill_redis()
        time.sleep(down_s)  # the fault itself
        world.servers.start_redis()
        askers.wait_for(50)
    exact_and_quick(askers, p99_ms_max)
    return f"recommend: {askers.told()}; {load.told()}, {world.check()}"


@fault(18, "redis_slow_and_silent", "a call costs Redis' deadline at most, then the breaker; no thread pile-up", delay_ms=50,
       seconds=3, p99_ms_max=100)
def redis_slow_and_silent(world, delay_ms, seconds, p99_ms_max):
    people = known(CACHED)
    with gated(world, "slow-redis", "redis") as (process, gates):
        usual = asked(world, process, people, seconds)
        threads = process.threads()
        told = [f"usual p99 {usual.p99_ms():.0f} ms"]
        for word, spoil in (("slow", lambda gate: gate.delay(delay_ms / 1000)), ("silent", lambda gate: gate.black_hole())):
            process.stop_process()
            gates["redis"].pass_all()
            process.start_process()  # with nothing cached in the process
            spoil(gates["redis"])
            askers = asked(world, process, people, seconds)
            exact_and_quick(askers, p99_ms_max)
            assert process.threads() <= threads + 8, f"{process.threads()} threads, {threads} before"
            told.append(f"{word} p99 {askers.p99_ms():.0f} ms of {askers.calls:,} ({askers.degraded} degraded)")
    return "; ".join(told) + f"; {threads} threads throughout"


@fault(19, "redis_full", "writes to the cache degrade, reads and answers go on", maxmemory="1mb", seconds=3, p99_ms_max=100)
def redis_full(world, maxmemory, seconds, p99_ms_max):
    world.servers.redis("config", "set", "maxmemory-policy", "noeviction")
    world.servers.redis("config", "set", "maxmemory", maxmemory)
    try:
        refusal = world.servers.redis("set", "probe", "x" * 100_000)
        world.stand.stop_process()
        world.stand.start_process()  # with nothing cached in the process
        world.servers.redis("flushall")
        for number in range(40):
            world.servers.redis("set", f"ballast-{number}", "x" * 100_000)
        full = world.servers.redis("set", "probe", "x" * 100_000)
        askers = asked(world, world.stand, known(CACHED), seconds)
    finally:
        world.servers.redis("config", "set", "maxmemory", "0")
        world.servers.redis("flushall")
    assert "OOM" in refusal + full, f"Redis took it: {full}"
    exact_and_quick(askers, p99_ms_max)
    equal(askers.degraded, 0, "degraded answers")
    return f"Redis refuses with OOM; recommend: {askers.told()}"


@fault(20, "redis_flushed", "no stampede: one load for each person, however many ask", flushes=3, people=60, p99_ms_max=100)
def redis_flushed(world, flushes, people, p99_ms_max):
    world.stand.stop_process()
    world.stand.start_process()  # with nothing cached in the process
    before = world.stand.metrics().get(MISSES, 0)
    with Askers(world, known(range(people)), threads=4, pause=0.002) as askers:
        for _ in range(flushes):
            world.servers.redis("flushall")
            askers.wait_for(200)
    loads = world.stand.metrics().get(MISSES, 0) - before
    exact_and_quick(askers, p99_ms_max)
    assert 0 < loads <= people * (flushes + 1), f"{loads:.0f} loads for {people} people"
    return f"{flushes} flushes, {loads:.0f} loads from PostgreSQL for {people} people; {askers.told()}"
