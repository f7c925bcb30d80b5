"""statsforecast's models on given series, for `bench forecasting`: CPU time and accuracy.

Usage: forecasting.py SERIES MODEL=COUNT …

SERIES holds a line of season and horizon, then a line a series: its values, a comma, what came after (or nothing). Prints, for
each model, its name, CPU milliseconds a series over the first COUNT ones, and their mean MASE. AutoARIMA approximates the
likelihood in its search for seasons above 12.
"""
import os
import sys
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np  # noqa: E402
from statsforecast import models  # noqa: E402


def read(path):
    with open(path, encoding="utf-8") as file:
        season, horizon = map(int, file.readline().split())
        rows = [[np.array(part.split(), float) for part in line.split(",")] for line in file]
    return season, horizon, rows


def mase(values, actual, forecast, lag):
    scale = np.abs(values[lag:] - values[:-lag]).mean() if len(values) > lag else 0
    return np.abs(actual - forecast).mean() / scale if len(actual) and scale > 0 else np.nan


def main():
    season, horizon, rows = read(sys.argv[1])
    for wanted in sys.argv[2:]:
        name, count = wanted.split("=")
        options = {"approximation": season > 12} if name == "AutoARIMA" else {}
        model = getattr(models, name)(season_length=season, **options)
        timed, errors = rows[:int(count)], []
        if name != "AutoARIMA":
            model.forecast(y=timed[0][0], h=2)  # what is loaded once stays outside of the clock
        spent = 0.0
        for values, actual in timed:
            start = time.process_time()
            forecast = model.forecast(y=values, h=horizon)["mean"]
            spent += time.process_time() - start
            errors.append(mase(values, actual, forecast, season))
        known = [error for error in errors if np.isfinite(error)]
        print(name, 1e3 * spent / len(timed), np.mean(known) if known else "nan", flush=True)


if __name__ == "__main__":
    main()
