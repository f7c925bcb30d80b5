"""Faults of forecasting: killed within a run over all series."""

import time

import grpc

from checking import equal
from faulting import fault

PATIENCE_S = 60
POLL_S = 0.02
DIFFERENT = ("SELECT count(*), count(*) FILTER (WHERE a.forecast IS DISTINCT FROM b.forecast) FROM "
             "(SELECT * FROM forecasting.forecasts WHERE run = {}) AS a FULL JOIN "
             "(SELECT * FROM forecasting.forecasts WHERE run = {}) AS b USING (shop, grain, level, node)")


def until(world, name, holds_now):
    """The run once it holds; calls that meet a dead server are made again."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            run = world.fleet.forecast_run(name)
            if holds_now(run):
                return run
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.UNAVAILABLE:
                raise
        time.sleep(POLL_S)  # the pause of a bounded poll
    raise AssertionError(f"{name} did not get there within {PATIENCE_S} s")


def done(run):
    return run.state == run.STATE_DONE


@fault(35, "kill_forecast_run", "another process goes on; forecasts are the same byte by byte", kills=2)
def kill_forecast_run(world, kills):
    """kill -9 within a run, after a chunk was stored; beside it a run that nobody disturbs."""
    world.stand.ctl("wait")
    first = until(world, world.fleet.start_forecast_run().name, done)
    second = world.fleet.start_forecast_run(data_until=first.data_until)
    stored = 0
    for _ in range(kills):
        run = until(world, second.name, lambda run: run.series_done > stored or done(run))
        assert not done(run), "the run had ended before the kill; give the shop more products"
        stored = run.series_done
        world.stand.kill()
        world.stand.rows("UPDATE forecasting.runs SET leased_until = '-infinity'")  # what two minutes would do
        world.stand.start_process()
        world.stand.wait_until_ready()
    second = until(world, second.name, done)
    equal(second.series_done, second.series_total, "series of the run")
    numbers = [run.name.rsplit("/", 1)[1] for run in (first, second)]
    ((rows, different),) = world.stand.rows(DIFFERENT.format(*numbers))
    equal(int(different), 0, f"forecasts that differ, of {rows}")
    return f"{kills} kills within a run of {second.series_total:,} series, {int(rows):,} forecasts equal those of an undisturbed run"
