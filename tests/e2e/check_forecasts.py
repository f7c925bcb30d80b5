"""Orders that are imported are forecast, measured, explained and planned for, all through kontorctl."""

import json

from checking import equal, holds


def a_run_forecasts_every_series(world):
    world.stand.ctl("wait")
    said = world.stand.ctl("forecasts", "make", "--wait").stdout
    holds(said, "forecastRuns/", " done, ")
    done, total = said.split("done, ")[1].split(" series")[0].split(" of ")
    equal(int(done), int(total), "series of the run")
    holds(world.stand.ctl("forecasts").stdout, " done, ")


def a_forecast_is_answered_with_its_uncertainty(world):
    said = world.stand.ctl("forecast", "--grain", "week", "--horizon", "3").stdout
    holds(said, "forecast", "10%", "90%", "sales known until")
    rows = [line.split() for line in said.splitlines() if line.strip().startswith("20")]
    equal(len(rows), 3, "weeks")
    for row in rows:
        numbers = [float(cell.replace(",", "")) for cell in row[1:]]
        equal(sorted(numbers[1:]), numbers[1:], "quantiles")


def methods_are_compared_on_the_past(world):
    said = world.stand.ctl("backtest", "--horizon", "7", "--method", "seasonal_naive,auto_ets,mean").stdout
    holds(said, "seasonal_naive", "auto_ets", "mean", "WAPE")


def the_past_is_taken_apart(world):
    holds(world.stand.ctl("decompose").stdout, "trend strength", "season of 7 steps")
    holds(world.stand.ctl("anomalies").stdout, "expected")
    holds(world.stand.ctl("trends", "--limit", "3").stdout, "units a week")


def stock_is_planned(world):
    holds(world.stand.ctl("plan", "--limit", "3").stdout, "reorder at", "to order")
    holds(world.stand.ctl("simulate", "--runs", "20").stdout, "service aimed at", "95.0%")


def a_question_that_cannot_be_answered_is_explained(world):
    said = world.stand.ctl("forecast", "--product", "no-such-product", check=False)
    holds(said.stdout, "check its ids")
    said = world.stand.ctl("forecast", "--horizon", "1000", check=False)
    holds(said.stdout, "horizon")
