"""Measures how many live events a second reach both services' views, on each engine of the event log.

    ./kontor bench ingest [--data FILE --mapping NAME] [--events N] [--engine NAME] [--quick]

Default data: behaviour and orders of the generated shop, mixed, as if they happened now, repeated under other ids until there
are --events (400,000). Every event is acknowledged when the log has it durably; the clock stops when analytics and
recommendations answer with the last one. Beside it in the same run: librdkafka alone on the same broker, and a bare COPY of as
many bytes into one column. Everything shares the processors, the client included. --quick: 60,000 events.
"""

import argparse
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests", "harness"))

from bench_rows import row, write  # noqa: E402
from order_file import mapping_path  # noqa: E402
from stand import BUILD, ENGINES, KONTORCTL, ROOT, Stand, end_by_signal  # noqa: E402

GENERATED = os.path.join(ROOT, "var/data/generated")
AIM = 20_000  # events a second; a million orders an hour are 278
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(root):
    """Of a process and all below it, those that have ended included."""
    parents, used = {}, {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents[int(entry)], used[int(entry)] = int(fields[1]), sum(map(int, fields[11:15])) / TICKS
    total, below = 0, {root}
    while below:
        total += sum(used.get(pid, 0) for pid in below)
        below = {pid for pid, parent in parents.items() if parent in below}
    return total


class Consumers:
    """CPU seconds by what used them, since this was made."""

    def __init__(self, stand):
        with open(os.path.join(stand.stack, "place"), encoding="utf-8") as file:
            place = file.read().strip()
        self.pids = {"kontor": stand.pid(), "postgres": self._first_number(os.path.join(place, "postgres/data/postmaster.pid"))}
        if stand.engine == "kafka":
            self.pids["broker"] = self._first_number(os.path.join(place, "kafka/pid"))
        self.before = {name: cpu_seconds(pid) for name, pid in self.pids.items()}

    @staticmethod
    def _first_number(path):
        return int(subprocess.run(["head", "-n", "1", path], capture_output=True, text=True, check=True).stdout)

    def used(self):
        return {name: cpu_seconds(pid) - self.before[name] for name, pid in self.pids.items()}


def send(stand, options):
    words = [os.path.join(BUILD, "bin/bench_ingest"), "--address", stand.address, "--key-file", stand.key_file,
             "--data", ",".join(options.data), "--mapping", ",".join(options.mapping), "--events", str(options.events)]
    if stand.engine == "kafka":
        words += ["--raw-kafka", stand.settings()["KONTOR_KAFKA"]]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise RuntimeError("bench_ingest failed; its words are above")
    return {name: float(value) for name, value, _ in (line.split("\t") for line in done.stdout.splitlines())}


def raw_copy_rate(stand, records, record_bytes):
    """Rows a second of a bare COPY, committed."""
    stand.sql("CREATE TABLE raw (bytes bytea)")
    line = "\\\\x" + "78" * record_bytes + "\n"
    copy = subprocess.Popen(["psql", stand.dsn(), "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", "COPY raw FROM STDIN"], cwd="/",
                            stdin=subprocess.PIPE, text=True)
    begin = time.monotonic()
    for _ in range(records // 1000):
        copy.stdin.write(line * 1000)
    copy.stdin.close()
    if copy.wait():
        raise RuntimeError("psql could not COPY")
    return records // 1000 * 1000 / (time.monotonic() - begin)


def measure(engine, options):
    prefix = "" if engine == ENGINES[0] else engine + "_"
    with Stand(7800, engine=engine) as stand:
        cpu = Consumers(stand)
        sent = send(stand, options)
        used = cpu.used()
        rows = [row(prefix + "events_per_s", sent["events_per_s"], "events/s", AIM, f"{engine}; into both services' views; aim"),
                row(prefix + "acknowledged_per_s", sent["acknowledged_per_s"], "events/s", None, f"{engine}; durable"),
                row(prefix + "refused_calls", sent["refused_calls"], "calls", None, f"{engine}; made again")]
        for name, seconds in used.items():
            rows.append(row(f"{prefix}cpu_us_per_event/{name}", 1e6 * seconds / sent["events"], "us", None, engine))
        rows.append(row(prefix + "cpu_us_per_event", 1e6 * sum(used.values()) / sent["events"], "us", None,
                        engine + "; without the client; the broker's with raw produce" if engine == "kafka" else
                        engine + "; without the client"))
        if engine == "kafka":
            rate = sent["raw_produce_per_s"]
            rows.append(row("raw_produce_per_s", rate, "records/s", None, "librdkafka alone, idempotent, acks=all"))
        else:
            rate = raw_copy_rate(stand, options.events, round(sent["event_bytes"]))
            rows.append(row("raw_copy_per_s", rate, "rows/s", None, "a bare COPY of as many bytes"))
        rows.append(row(prefix + "event_bytes", sent["event_bytes"], "bytes", None, f"{engine}; mean, as sent"))
        return rows


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", action="append", help="an order or behaviour file; may be repeated, with its --mapping")
    parser.add_argument("--mapping", action="append")
    parser.add_argument("--events", type=int)
    parser.add_argument("--engine", choices=ENGINES, help="this one alone")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if len(options.data or ()) != len(options.mapping or ()):
        parser.error("--data and --mapping go together")
    options.events = options.events or (60_000 if options.quick else 400_000)
    return options


def main():
    options = parse()
    end_by_signal()
    if options.data:
        options.data = [os.path.abspath(path) for path in options.data]
        options.mapping = [mapping_path(ROOT, name) for name in options.mapping]
    else:
        subprocess.run([KONTORCTL, "generate", "--out", GENERATED], check=True, stdout=subprocess.DEVNULL)
        options.data = [os.path.join(GENERATED, name + ".csv") for name in ("behavior", "orders")]
        options.mapping = [path.replace(".csv", ".mapping.json") for path in options.data]
    rows = []
    for engine in [options.engine] if options.engine else ENGINES:
        print(f"sending {options.events:,} events, the log in {engine}", flush=True)
        rows += measure(engine, options)
    write("ingest", rows, options.data)


if __name__ == "__main__":
    main()
