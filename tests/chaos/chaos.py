"""Faults as named tests: prints PASS, FAIL or SKIP with the measured outcome of each.

    chaos.py [REGEX] [--engine postgres|kafka] [--full]     all faults, or those whose names match

Writes var/test/chaos.md and var/test/chaos.json. Needs the build of KONTOR_BUILD (build/release) and what ./kontor setup
brings. --full: the durations of the list instead of at most ten seconds each.
"""

import argparse
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, *(os.path.join(HERE, "..", part) for part in ("harness", "e2e", "../bench"))]

import calls  # noqa: E402,F401
import crashes  # noqa: E402,F401
import events  # noqa: E402,F401
import forecasts  # noqa: E402,F401
import kafka  # noqa: E402,F401
import postgres  # noqa: E402,F401
import redis  # noqa: E402,F401
import rollout  # noqa: E402,F401
import searching  # noqa: E402,F401
from faulting import FAULTS, run, write_results  # noqa: E402
from stand import ENGINES, ROOT, end_by_signal  # noqa: E402
from world import World  # noqa: E402

FIRST_PORT = 8100


def run_all(pattern="", engine="postgres", full=False, first_port=FIRST_PORT):
    """Results of the faults whose names match, in the order of their numbers."""
    chosen = sorted((each for each in FAULTS if re.search(pattern, each.fault)), key=lambda each: each.fault)
    if not chosen:
        sys.exit(f"chaos.py: no fault matches '{pattern}'")
    world = World(engine, first_port)
    try:
        return [run(each, world, engine, **(each.full if full else {})) for each in chosen]
    finally:
        world.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pattern", nargs="?", default="", metavar="REGEX")
    parser.add_argument("--engine", choices=ENGINES, default="postgres")
    parser.add_argument("--full", action="store_true")
    options = parser.parse_args()
    end_by_signal()
    results = run_all(options.pattern, options.engine, options.full)
    write_results(results, os.path.join(ROOT, "var/test"))
    sys.exit(any(each["outcome"] == "FAIL" for each in results))


if __name__ == "__main__":
    main()
