"""What a bench leaves behind: rows of figures, and the list of the files it read (bench/report.py takes both)."""

import json
import os

from process import ROOT


def row(name, value, unit, reference=None, note=""):
    return {"name": name, "value": round(value, 4), "unit": unit, "reference": reference,
            "ratio": round(value / reference, 4) if reference else None, "note": note}


def write(name, rows, files):
    out = os.environ.get("KONTOR_BENCH_OUT", os.path.join(ROOT, f"var/bench/{name}.json"))
    os.makedirs(os.path.dirname(os.path.abspath(out)), exist_ok=True)
    with open(out, "w", encoding="utf-8") as file:
        json.dump(rows, file, indent=1, ensure_ascii=False)
    if "KONTOR_BENCH_DATA" in os.environ:
        with open(os.environ["KONTOR_BENCH_DATA"], "a", encoding="utf-8") as file:
            file.writelines(path + "\n" for path in files)
