"""Runs the tests of one or more build folders and counts their cases.

    run_tests.py [--filter REGEX] [--jobs N] --results FOLDER BUILD[:LABEL] ...

What ctest knows of a build folder is run, all of it or what carries the label, --jobs at a time, RUN_SERIAL tests alone.
A gtest program counts by its cases. A script counts by the lines "PASS name", "FAIL name", "SKIP name" it prints, or as
one test when it prints none. A program that crashes, times out or ends with an error without naming a failed case counts
as one failed test more. Of whatever failed the output of its failed cases is shown, or the last lines where it named none.
At the end stand the failed cases once more. The last line is "N passed, N failed"; the exit status is 0 only when nothing
failed and something passed.
"""

import argparse
import concurrent.futures
import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

SCRIPT_LINE = re.compile(r"^(PASS|FAIL|SKIP) +\S", re.MULTILINE)
GTEST_PASSED = re.compile(r"^\[       OK \]", re.MULTILINE)
GTEST_KINDS = {"test", "pgtest", "redistest", "kafkatest", "ostest"}  # labels of gtest programs: without a report they failed
GTEST_BEGIN, GTEST_FAILED = re.compile(r"^\[ RUN      \] (\S+)"), re.compile(r"^\[  FAILED  \] ([^ ,]+).*\(\d+ ms\)$")
SCRIPT_FAILED = re.compile(r"^FAIL +(\S+)")
SHOWN_LINES = 300
DEFAULT_TIMEOUT_S = 600


@dataclasses.dataclass
class Test:
    build: str
    name: str
    command: list
    folder: str
    labels: list
    timeout: float
    serial: bool
    environment: dict


@dataclasses.dataclass
class Result:
    test: Test
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0
    why: str = ""
    output: str = ""


def tests_of(build, label, pattern):
    shown = subprocess.run(["ctest", "--show-only=json-v1"], cwd=build, capture_output=True, text=True)
    if shown.returncode:
        sys.exit(f"run_tests.py: ctest does not understand {build}: {shown.stderr.strip()}")
    tests = [parse(build, entry) for entry in json.loads(shown.stdout)["tests"]]
    return [test for test in tests if test and (not label or label in test.labels) and pattern.search(test.name)]


def parse(build, entry):
    """One entry of ctest's list; None when the test is disabled."""
    properties = {each["name"]: each["value"] for each in entry.get("properties", [])}
    if properties.get("DISABLED"):
        return None
    return Test(build=build, name=entry["name"], command=entry.get("command", []),
                folder=properties.get("WORKING_DIRECTORY", build), labels=properties.get("LABELS", []),
                timeout=float(properties.get("TIMEOUT", DEFAULT_TIMEOUT_S)), serial=bool(properties.get("RUN_SERIAL")),
                environment=dict(each.split("=", 1) for each in properties.get("ENVIRONMENT", [])))


def run(test, results):
    report = os.path.abspath(os.path.join(results, os.path.basename(test.build), test.name + ".json"))
    os.makedirs(os.path.dirname(report), exist_ok=True)
    if os.path.exists(report):
        os.remove(report)
    begin = time.monotonic()
    code, output = execute(test, {**os.environ, "GTEST_OUTPUT": "json:" + report, "GTEST_COLOR": "no", **test.environment})
    result = count(test, code, output, report)
    result.seconds = time.monotonic() - begin
    result.output = output
    return result


def execute(test, environment):
    """Exit status and output; the whole process group of a test that exceeds its time is killed."""
    if not test.command or not shutil.which(test.command[0]):
        return 127, f"{test.name} was not built: {test.command[:1]}"
    process = subprocess.Popen(test.command, cwd=test.folder, env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=test.timeout)
        code = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        code = "timeout"
    return code, output.decode("utf-8", "replace")


def count(test, code, output, report):
    if os.path.exists(report):
        result = count_gtest(test, report)
    else:
        lines = [match.group(1) for match in SCRIPT_LINE.finditer(output)]
        result = Result(test, lines.count("PASS"), lines.count("FAIL"), lines.count("SKIP"))
        result.passed += len(GTEST_PASSED.findall(output))
        if code == 0 and GTEST_KINDS & set(test.labels):
            code = "no report"
        elif code == 0 and not lines:
            result.passed += 1
    if code != 0 and not result.failed:
        result.failed = 1
        result.why = describe(code, test)
    return result


def count_gtest(test, report):
    result = Result(test)
    with open(report, encoding="utf-8") as file:
        suites = json.load(file).get("testsuites", [])
    for case in (case for suite in suites for case in suite["testsuite"]):
        if case.get("failures"):
            result.failed += 1
        elif case.get("result") == "SKIPPED":
            result.skipped += 1
        elif case.get("status") == "RUN":
            result.passed += 1
    return result


def describe(code, test):
    if code == "timeout":
        return f"did not end within {test.timeout:.0f} s"
    if code == "no report":
        return "ended before its tests did"
    if code < 0:
        return f"died of {signal.Signals(-code).name}"
    return f"ended with status {code}"


def failed_cases(output):
    """(name, lines) of every case that the output says has failed."""
    cases, block = [], []
    for line in output.splitlines():
        if GTEST_BEGIN.match(line) or SCRIPT_LINE.match(line):
            block = []
        block.append(line)
        if failed := GTEST_FAILED.match(line) or SCRIPT_FAILED.match(line):
            cases.append((failed.group(1), block))
    return cases


def show(result):
    mark = "FAIL" if result.failed else "ok"
    skipped = f", {result.skipped} skipped" if result.skipped else ""
    where = os.path.basename(result.test.build)
    print(f"{mark:4} {result.seconds:7.1f} s  {where}/{result.test.name}: {result.passed} passed"
          f"{', %d failed' % result.failed if result.failed else ''}{skipped} {result.why}".rstrip(), flush=True)
    if result.failed:
        cases = failed_cases(result.output)
        lines = [line for _, block in cases for line in block] if cases and not result.why else result.output.splitlines()
        if len(lines) > SHOWN_LINES:
            print(f"     ... {len(lines) - SHOWN_LINES} lines before these")
        print("\n".join("     " + line for line in lines[-SHOWN_LINES:]), flush=True)


def run_all(tests, results, jobs):
    done = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        together = [pool.submit(run, test, results) for test in tests if not test.serial]
        for future in concurrent.futures.as_completed(together):
            done.append(future.result())
            show(done[-1])
    for test in tests:
        if test.serial:
            done.append(run(test, results))
            show(done[-1])
    return done


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("builds", nargs="+", metavar="BUILD[:LABEL]")
    parser.add_argument("--filter", default="")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--results", required=True)
    arguments = parser.parse_args()

    pattern = re.compile(arguments.filter)
    tests = []
    for build in arguments.builds:
        folder, _, label = build.partition(":")
        tests += tests_of(folder, label, pattern)
    done = run_all(tests, arguments.results, arguments.jobs)

    passed = sum(result.passed for result in done)
    failed = sum(result.failed for result in done)
    skipped = sum(result.skipped for result in done)
    if skipped:
        print(f"{skipped} skipped")
    if not tests:
        print(f"no test matches '{arguments.filter}'")
    for result in done:
        if result.failed:
            names = ", ".join(name for name, _ in failed_cases(result.output))
            print(f"failed: {os.path.basename(result.test.build)}/{result.test.name}: {' '.join((names, result.why)).strip()}")
    print(f"{passed} passed, {failed} failed", flush=True)
    sys.exit(0 if passed and not failed else 1)


if __name__ == "__main__":
    main()
