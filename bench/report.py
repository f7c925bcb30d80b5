"""What happens to a bench's figures.

    report.py table FILE     prints var/bench/NAME.json as a table
    report.py record FILE    copies it to bench/results/NAME.json with the circumstances of the measurement
    report.py readme         writes the table between <!-- bench:begin --> and <!-- bench:end --> of README.md anew; rows
                             with a slash in their name are details and stay in bench/results

FILE is a list of {name, value, unit, reference, ratio, note}. The data files that a bench read are listed, one a line, in
FILE's sibling NAME.data; a record holds their checksums.
"""

import ctypes
import datetime
import glob
import hashlib
import json
import os
import subprocess
import sys

COLUMNS = ("name", "value", "unit", "reference", "ratio", "note")
RESULTS = "bench/results"
README, BEGIN, END = "README.md", "<!-- bench:begin -->", "<!-- bench:end -->"


def text(value):
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, int) or float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.4f}" if abs(value) < 10 else f"{value:,.3f}".rstrip("0").rstrip(".")


def print_table(rows):
    table = [[text(row.get(column)) for column in COLUMNS] for row in rows]
    widths = [max([len(line[i]) for line in table] + [len(COLUMNS[i])]) for i in range(len(COLUMNS))]
    right = {COLUMNS.index(column) for column in ("value", "reference", "ratio")}

    def line(cells):
        return "  ".join(c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(cells, widths))).rstrip()

    print(line(COLUMNS))
    print("  ".join("-" * width for width in widths))
    for cells in table:
        print(line(cells))


def output_of(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")


def blas_kernel():
    """What the launcher chose, as kontorctl says it; else what OpenBLAS takes by itself."""
    kernel = output_of("build/release/bin/kontorctl", "blas-kernel")
    if kernel:
        return kernel
    try:
        library = ctypes.CDLL("libopenblas.so.0")
        library.openblas_get_corename.restype = ctypes.c_char_p
        return library.openblas_get_corename().decode()
    except (OSError, AttributeError):
        return "unknown"


def checksums(path):
    """File name → sha256 of every data file that the bench says it read."""
    listing = os.path.splitext(path)[0] + ".data"
    if not os.path.exists(listing):
        return {}
    sums = {}
    with open(listing, encoding="utf-8") as file:
        for name in filter(None, map(str.strip, file)):
            digest = hashlib.sha256()
            with open(name, "rb") as data:
                while block := data.read(1 << 20):
                    digest.update(block)
            sums[os.path.basename(name)] = digest.hexdigest()
    return sums


def record(path):
    name = os.path.splitext(os.path.basename(path))[0]
    with open(path, encoding="utf-8") as file:
        rows = json.load(file)
    entry = {
        "name": name,
        "recorded": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": output_of("git", "rev-parse", "HEAD") or "none",
        "uncommitted_changes": bool(output_of("git", "status", "--porcelain")),
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "blas_kernel": blas_kernel(),
        "load_average": list(os.getloadavg()),
        "data_sha256": checksums(path),
        "rows": rows,
    }
    os.makedirs(RESULTS, exist_ok=True)
    target = os.path.join(RESULTS, name + ".json")
    with open(target, "w", encoding="utf-8") as file:
        json.dump(entry, file, indent=2, ensure_ascii=False)
        file.write("\n")
    print(f"recorded in {target}")


def readme_table():
    lines = ["| bench | figure | value | unit | reference | ratio | note |", "| --- | --- | ---: | --- | ---: | ---: | --- |"]
    machines = set()
    for path in sorted(glob.glob(os.path.join(RESULTS, "*.json"))):
        with open(path, encoding="utf-8") as file:
            entry = json.load(file)
        machines.add(f"{entry['processor']}, {entry['cores']} cores, BLAS kernel {entry['blas_kernel']}")
        for row in entry["rows"]:
            if "/" in row["name"]:
                continue
            cells = [entry["name"]] + [text(row.get(column)).replace("|", "\\|") for column in COLUMNS]
            lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "Measured on: " + "; ".join(sorted(machines)) + ". Commit, load, data checksums and all rows stand in `bench/results`."]
    return "\n".join(lines)


def readme():
    if not os.path.exists(README):
        return
    with open(README, encoding="utf-8") as file:
        content = file.read()
    if BEGIN not in content or END not in content:
        sys.exit(f"report.py: {README} has no lines {BEGIN} and {END}")
    head, rest = content.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    with open(README, "w", encoding="utf-8") as file:
        file.write(f"{head}{BEGIN}\n{readme_table()}\n{END}{tail}")


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "table":
        with open(arguments[1], encoding="utf-8") as file:
            print_table(json.load(file))
    elif len(arguments) == 2 and arguments[0] == "record":
        record(arguments[1])
    elif arguments == ["readme"]:
        readme()
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
