"""Measures what becomes of Recommend when far more is asked than can be served.

    ./kontor bench overload [--data FILE --mapping NAME] [--quick] [--seconds N]

Default data: the first 100,000 lines of Complete Journey (or of the file given), imported and trained. Then: the peak by
closed loops; open loop at twice and at ten times the peak for --seconds (30) each, with a deadline of a second for every
call and at most 1,000 under way (what cannot be sent for that, or for want of processor, is told as sent_…_factor); after
each, half the peak in slices of half a second until the 99th percentile is what it was before. CPU per refused
call: with a key that the server does not know, and in the flood, where quota and full
queue refuse. Client and server share the processors: what the client needs for its sends is missing to the server, so
goodput is told per CPU second of the server as well. --quick: 5 seconds each.
"""

import argparse
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "tests", "harness")]

from bench_rows import row, write  # noqa: E402
from importing import import_files  # noqa: E402
from serving import QUICK_LINES, History, choose_data  # noqa: E402
from stand import BUILD, ROOT, Stand, end_by_signal  # noqa: E402

CONCURRENCIES = (8, 32, 96)
OUTSTANDING = 1000
SLICE_S = 0.5
NORMAL_FACTOR, NORMAL_ADDED_MS = 2.0, 5.0  # p99 is normal again at or below this factor of what it was, plus this
QUOTA, QUEUE = "kontor_calls_refused_by_quota_total", "kontor_pool_refused_total"
NOTES = {
    "peak_rps": "closed loop, best of " + ", ".join(map(str, CONCURRENCIES)) + " calls under way; client and server on one machine",
    "goodput_2x_share": "answers in time at twice the peak, of the peak",
    "goodput_10x_share": "answers in time at ten times the peak, of the peak",
    "recovery_s": "after the flood of 10x, at half the peak, until p99 stays normal",
    "refusal_cpu_us": "the server's CPU per call with an unknown key, closed loop",
}


class Load:
    """Phases of bench_overload against one process."""

    def __init__(self, stand, process, requests):
        self.stand, self.process, self.requests = stand, process, requests

    def run(self, phase, key_file=None, **options):
        """Figures of one phase, with the server's CPU seconds and refusals beside the client's."""
        words = [os.path.join(BUILD, "bin/bench_overload"), phase, "--address", self.process.address,
                 "--key-file", key_file or self.stand.key_file, "--requests", self.requests]
        for name, value in options.items():
            words += ["--" + name.replace("_", "-"), str(int(value))]
        cpu, refusals = self.process.cpu_seconds(), self._refusals()
        done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"bench_overload {phase} failed; its words are above")
        found = {name: float(value) for name, value in (line.split("\t") for line in done.stdout.splitlines())}
        found["cpu_s"] = self.process.cpu_seconds() - cpu
        for name, value in self._refusals().items():
            found[name] = value - refusals[name]
        return found

    def _refusals(self):
        metrics = self.process.metrics()
        return {name: sum(value for label, value in metrics.items() if label.startswith(name)) for name in (QUOTA, QUEUE)}

    def peak(self, seconds):
        """The best closed loop: its rate is the peak, its CPU per answer the price of one."""
        runs = [self.run("closed", concurrency=each, seconds=seconds) for each in CONCURRENCIES]
        return max(runs, key=lambda each: each["rps"])

    def flood(self, rate, seconds):
        """Calls of a second at most, as many as come; no more than OUTSTANDING on their way, as callers have connections."""
        return self.run("flood", rate=rate, seconds=seconds, outstanding=OUTSTANDING)

    def normal_p99_ms(self, rate, seconds):
        return self.run("open", rate=rate, seconds=seconds)["p99_ms"]

    def recovery_s(self, rate, normal_ms, seconds):
        """Until the first slice from which on every slice is normal."""
        found = self.run("slices", rate=rate, seconds=seconds)
        count = sum(name.endswith("_p99_ms") for name in found)
        limit = NORMAL_FACTOR * normal_ms + NORMAL_ADDED_MS
        bad = [at for at in range(count) if found[f"slice_{at}_p99_ms"] > limit or found[f"slice_{at}_errors"]]
        return (bad[-1] + 1) * SLICE_S if bad else 0.0


def cpu_us_per_refusal(flood, cpu_s_per_answer):
    """What the flood cost the server beyond its answers, per call that was refused or expired."""
    refused = flood["refused"] + flood["expired"]
    return 1e6 * max(0.0, flood["cpu_s"] - flood["ok"] * cpu_s_per_answer) / refused if refused else 0.0


def measure(load, seconds, unknown_key):
    """Figures by name."""
    load.run("closed", concurrency=32, seconds=min(3, seconds))  # warms caches
    peak = load.peak(max(2, seconds // 6))
    rate, cpu_per_answer = peak["rps"], peak["cpu_s"] / peak["ok"]
    normal = load.normal_p99_ms(rate / 2, max(3, seconds // 6))
    found = {"peak_rps": rate, "cpu_us_per_answer": 1e6 * cpu_per_answer, "normal_p99_ms": normal}
    for name, factor in (("2x", 2), ("10x", 10)):
        flood = load.flood(factor * rate, seconds)
        found[f"recovery_{name}_s"] = load.recovery_s(rate / 2, normal, 12 if seconds > 10 else 5)
        sent = flood["ok"] + flood["refused"] + flood["expired"] + flood["failed"]
        found.update({
            f"goodput_{name}_share": flood["rps"] / rate,
            f"goodput_{name}_per_cpu_share": flood["ok"] / flood["cpu_s"] * cpu_per_answer,
            f"sent_{name}_factor": sent / flood["seconds"] / rate,
            f"refused_{name}": flood["refused"], f"refused_{name}_by_quota": flood[QUOTA],
            f"refused_{name}_by_queue": flood[QUEUE], f"expired_{name}": flood["expired"], f"failed_{name}": flood["failed"],
            f"p99_{name}_ms": flood["p99_ms"], f"refusal_cpu_us_{name}": cpu_us_per_refusal(flood, cpu_per_answer)})
    stranger = load.run("closed", key_file=unknown_key, concurrency=32, seconds=max(2, seconds // 10))
    found["refusal_cpu_us"] = 1e6 * stranger["cpu_s"] / stranger["refused"]
    found["recovery_s"] = found["recovery_10x_s"]
    return found


def prepare(stand, path, mapping, files):
    """Imports, trains; the files of the requests and of a key that nobody has."""
    import_files(stand, files)
    stand.ctl("train", "--force")
    requests, unknown = os.path.join(stand.folder, "requests.tsv"), os.path.join(stand.folder, "unknown-key")
    History(path, mapping).write_requests(requests)
    with open(unknown, "w", encoding="utf-8") as file:
        file.write("nobody-has-this-key")
    return requests, unknown


def rows_of(found):
    notes = {**NOTES, **{f"goodput_{name}_share": f"{NOTES[f'goodput_{name}_share']}; the client could send "
                                                  f"{found[f'sent_{name}_factor']:.1f} times the peak" for name in ("2x", "10x")}}
    aims = {"goodput_2x_share": (0.8, "aim: at least"), "goodput_10x_share": (0.8, "aim: at least"),
            "recovery_s": (10, "aim: below"), "refusal_cpu_us": (100, "aim: below")}
    units = {"rps": "requests/s", "share": "share", "s": "s", "us": "us", "ms": "ms", "factor": "of the peak"}
    rows = []
    for name, value in found.items():
        reference, why = aims.get(name, (None, ""))
        main = name in NOTES
        unit = "us" if "_us" in name else units.get(name.rsplit("_", 1)[1], "calls")
        rows.append(row(name if main else "detail/" + name, value, unit, reference,
                        "; ".join(filter(None, (notes.get(name, ""), why)))))
    return sorted(rows, key=lambda each: "/" in each["name"])


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data")
    parser.add_argument("--mapping")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seconds", type=int, default=30)
    options = parser.parse_args()
    if bool(options.data) != bool(options.mapping):
        parser.error("--data and --mapping go together")
    if options.quick:
        options.seconds = 5
    return options


def main():
    options = parse()
    end_by_signal()
    scratch = os.path.join(ROOT, "var/bench")
    os.makedirs(scratch, exist_ok=True)
    short = argparse.Namespace(data=options.data, mapping=options.mapping, quick=True)  # it is the server that is measured
    path, mapping, files = choose_data(short, scratch)
    with Stand(7800) as stand:
        print(f"importing {QUICK_LINES:,} lines and training", flush=True)
        requests, unknown = prepare(stand, path, mapping, files)
        print(f"peak, 2x and 10x for {options.seconds} s each", flush=True)
        found = measure(Load(stand, stand, requests), options.seconds, unknown)
    write("overload", rows_of(found), [each for _, each in files])


if __name__ == "__main__":
    main()
