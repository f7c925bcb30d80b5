"""Faults that callers make: deadlines that cannot be met, streams that are left, more than can be served."""

import os
import threading
import time

from checking import Skip, equal
from faulting import fault
from fleet import SHOP, Fleet, analytics, ingest, recommendations
from loads import Askers, known
from overload import BUILD, History, Load, cpu_us_per_refusal


def handled(process, method, code):
    """Calls of a method that have ended with a code."""
    total = 0
    for name, value in process.metrics().items():
        if name.startswith("grpc_server_handled_total{") and f'"{method}"' in name and f'"{code}"' in name:
            total += value
    return total


@fault(22, "overload", "goodput near the peak during, recovery < 10 s after, refusals cheap", times=(2, 10), seconds=3,
       goodput_share_min=0.3, full={"seconds": 30, "goodput_share_min": 0.5})
def overload(world, times, seconds, goodput_share_min):
    """Client and server share the processors, so the flood takes from the server what it needs to be sent."""
    if not os.path.exists(os.path.join(BUILD, "bin/bench_overload")):
        raise Skip("bench_overload is not built")
    requests = os.path.join(world.stand.folder, "requests.tsv")
    History(world.history, world.mapping).write_requests(requests)
    load = Load(world.stand, world.stand, requests)
    load.run("closed", concurrency=32, seconds=1)  # warms caches
    peak = load.run("closed", concurrency=32, seconds=2)
    normal = load.normal_p99_ms(peak["rps"] / 2, 2)
    told = [f"peak {peak['rps']:.0f}/s, p99 {normal:.1f} ms at half of it"]
    for factor in times:
        flood = load.flood(factor * peak["rps"], seconds)
        share, cost = flood["rps"] / peak["rps"], cpu_us_per_refusal(flood, peak["cpu_s"] / peak["ok"])
        recovery = load.recovery_s(peak["rps"] / 2, normal, 3)
        equal(flood["failed"], 0, "calls that failed otherwise")
        assert share >= goodput_share_min, f"goodput of {share:.2f} of the peak at {factor}x"
        sent = sum(flood[name] for name in ("ok", "refused", "expired")) / flood["seconds"] / peak["rps"]
        told.append(f"{factor}x (the client could send {sent:.1f}x): {share:.2f} of the peak answered, "
                    f"{flood['refused']:.0f} refused at {cost:.0f} us of CPU each, "
                    f"normal again after {recovery:.1f} s")
    return "; ".join(told)


@fault(24, "deadline_storm", "refused before work, CPU per refusal bounded, other callers unharmed", deadline_ms=1, callers=4,
       calls=4000, p99_ms_max=250)
def deadline_storm(world, deadline_ms, callers, calls, p99_ms_max):
    codes, lock = {}, threading.Lock()

    def storm():
        with Fleet(world.stand.address, world.stand.keys["all"]) as fleet:
            request = recommendations.RecommendRequest(parent=SHOP, customer_id="12001")
            metadata = fleet.call["metadata"]
            for _ in range(calls // callers // 50):
                waiting = [fleet.recommendations.Recommend.future(request, timeout=deadline_ms / 1000, metadata=metadata)
                           for _ in range(50)]
                for call in waiting:
                    code = call.code()
                    with lock:
                        codes[code.name] = codes.get(code.name, 0) + 1

    served = handled(world.stand, "Recommend", "OK")
    cpu = world.stand.cpu_seconds()
    storms = [threading.Thread(target=storm) for _ in range(callers)]
    with Askers(world, known(range(20)), threads=1, pause=0.02) as askers:
        for thread in storms:
            thread.start()
        for thread in storms:
            thread.join()
    cpu = world.stand.cpu_seconds() - cpu
    served = handled(world.stand, "Recommend", "OK") - served
    assert codes.keys() <= {"OK", "DEADLINE_EXCEEDED"}, codes
    equal(askers.failed, 0, f"other callers: {askers.codes}")
    assert askers.p99_ms() < p99_ms_max, f"p99 of other callers {askers.p99_ms():.0f} ms"
    expired = world.stand.metrics().get("kontor_calls_expired_in_queue_total", 0)
    told = ", ".join(f"{count:,} {code}" for code, count in sorted(codes.items()))
    return (f"{told}; {1e6 * cpu / calls:.0f} us of the server's CPU per call with {served:.0f} served, {expired:.0f} expired in "
            f"the queue; others: {askers.told()}")


@fault(25, "cancelled_streams", "work stops within 50 ms; nothing is left behind", streams=40, within_ms=50, poll_ms=50)
def cancelled_streams(world, streams, within_ms, poll_ms):
    """Streams of both kinds that are left by their callers, seen from /metrics."""
    query = analytics.QueryKpisRequest(parent=SHOP, metrics=["orders"])
    watch = analytics.WatchKpisRequest(parent=SHOP, query=query, min_interval_ms=100)
    tail = ingest.TailEventsRequest(parent=SHOP, topics=["orders"], from_beginning=True)
    call = {**world.fleet.call, "timeout": 60}
    running = [world.fleet.analytics.WatchKpis(watch, **call) if number % 2 else world.fleet.events.TailEvents(tail, **call)
               for number in range(streams)]
    for stream in running:
        next(stream)
    threads = world.stand.threads()
    before = cancelled(world.stand)
    begin = time.monotonic()
    for stream in running:
        stream.cancel()
    sent = time.monotonic() - begin
    while cancelled(world.stand) < before + streams:
        assert time.monotonic() < begin + 5, f"{cancelled(world.stand) - before:.0f} of {streams} streams ended within 5 s"
    took = 1000 * (time.monotonic() - begin - sent)
    assert took < within_ms + poll_ms, f"it took {took:.0f} ms"
    return (f"{streams} streams cancelled, all ended on the server within {took:.0f} ms (one look at /metrics included); "
            f"{threads} threads")


def cancelled(process):
    return handled(process, "WatchKpis", "Canceled") + handled(process, "TailEvents", "Canceled")
