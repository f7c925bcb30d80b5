"""How a fault is declared, run, told and written down."""

import json
import os
import time
import traceback

from checking import Skip

FAULTS = []


def fault(number, name, expected, engines=("postgres", "kafka"), full=None, **parameters):
    """Declares a test of fault `number` of the list. The function gets the world and its parameters, and returns the
    measured outcome as one sentence; what it raises fails the test. `full` replaces parameters in the long form."""
    def declare(function):
        function.number, function.expected, function.parameters = number, expected, parameters
        function.fault, function.engines = f"fault_{number:02}_{name}", engines
        function.full = full or {}
        FAULTS.append(function)
        return function
    return declare


def run(function, world, engine, **changes):
    """One result: what is written to chaos.json."""
    parameters = {**function.parameters, **changes}
    begin = time.monotonic()
    try:
        if engine not in function.engines:
            raise Skip(f"only with --engine {function.engines[0]}")
        world.mend()
        begin = time.monotonic()
        outcome, measured, trace = "PASS", function(world, **parameters), ""
    except Skip as reason:
        outcome, measured, trace = "SKIP", str(reason), ""
    except Exception as error:  # whatever way it fails, it is a failed test, and the next one goes on
        outcome, measured, trace = "FAIL", str(error).splitlines()[0] if str(error) else repr(error), traceback.format_exc()
    seconds = round(time.monotonic() - begin, 1)
    print(f"{outcome} {function.fault} ({seconds} s) {measured}", flush=True)
    print("".join(f"    {line}\n" for line in trace.splitlines()), end="", flush=True)
    return {"fault": function.number, "name": function.fault, "outcome": outcome, "parameters": parameters,
            "expected": function.expected, "measured": measured, "seconds": seconds}


def shown(parameters):
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in parameters.items())


def write_results(results, folder):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "chaos.json"), "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1, ensure_ascii=False)
        file.write("\n")
    lines = ["| fault | test | parameters | expected | measured | outcome | s |", "| --- | --- | --- | --- | --- | --- | ---: |"]
    for each in results:
        cells = (each["fault"], f"`{each['name']}`", shown(each["parameters"]), each["expected"], each["measured"],
                 each["outcome"], each["seconds"])
        lines.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")
    with open(os.path.join(folder, "chaos.md"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
