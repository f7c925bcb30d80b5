"""Faults of operators: a rolling restart under load, configurations that are wrong, partitions that change."""

import hashlib
import json
import os
import secrets
import time

import grpc

from check_servers import Failing
from checking import equal, holds
from faulting import fault
from fleet import Fleet
from loads import Askers, Senders, known


@fault(32, "rolling_restart", "0 failed calls with retries elsewhere; drain < grace", replicas=2, restarts=4)
def rolling_restart(world, replicas, restarts):
    processes = [world.stand]
    for number in range(1, replicas):
        processes.append(world.stand.replica(f"rolling-{number}"))
        processes[-1].start_process()
    drains = []
    with Askers(world, known(range(40)), processes, pause=0.005) as askers, Senders(world, processes, threads=2) as load:
        askers.wait_for(100)
        for number in range(restarts):
            process = processes[number % len(processes)]
            begin = time.monotonic()
            process.stop_process()
            drains.append(time.monotonic() - begin)
            process.start_process()
            process.wait_until_ready()  # as a rollout does before it takes the next one down
            askers.wait_for(100)
        load.wait_for(20)
    equal(askers.failed, 0, f"failed calls ({askers.codes})")
    assert max(drains) < 10, f"a drain took {max(drains):.1f} s"
    moved, cancelled = sum(askers.codes.values()), askers.codes.get("CANCELLED", 0) + load.codes.get("CANCELLED", 0)
    return (f"{restarts} restarts, 0 of {askers.calls:,} calls failed ({moved} asked again elsewhere; {cancelled} calls met "
            f"gRPC's own shutdown and were told CANCELLED), drains up to {max(drains):.1f} s, p99 {askers.p99_ms():.0f} ms; "
            f"{load.told()}, {world.check()}")


WRONG = (
    # name, changes, what the error must name
    ("unknown-key", {"server": {"publicAdress": "127.0.0.1:1"}}, ("publicAdress",)),
    ("no-shop", {"shops": []}, ("shops",)),
    ("no-secret", {"subjectSecretFile": "/nowhere/secret"}, ("/nowhere/secret",)),
    ("no-keys", {"server": {"keysFile": "/nowhere/keys.json"}}, ("/nowhere/keys.json",)),
    ("bad-zone", {"shops": [{"id": "default", "timeZone": "Mars/Olympus"}]}, ("timeZone",)),
)


@fault(33, "bad_config", "refuses to start and says which key", files=len(WRONG))
def bad_config(world, files):
    equal(len(WRONG), files, "files")
    starts = [(Failing(world.stand, f"wrong-{name}", **changes), words) for name, changes, words in WRONG]
    for start, words in starts:
        holds(errors_of(start), *words)
    return f"{files} configurations refused with exit code 1, each error naming what is wrong"


@fault(33, "three_errors_at_once", "refuses to start and names all that is wrong", errors=3)
def three_errors_at_once(world, errors):
    said = errors_of(Failing(world.stand, "wrong-thrice", shops=[], modelDir="", server={}))
    named = ("shops", "modelDir", "server.keysFile")
    equal(len(named), errors, "errors")
    holds(said, *(f'"field":"{field}"' for field in named))
    return f"{errors} errors named, each with its field"


def errors_of(start):
    """The errors with which a process that must not start ends. What it says of its configuration before is not one."""
    try:
        output, _ = start.process.communicate(timeout=30)
    finally:
        start.process.kill()
    equal(start.process.returncode, 1, output)
    return "\n".join(line for line in output.splitlines() if '"level":"error"' in line)


@fault(33, "keys_file_broken", "keeps the keys in force and says so; takes the next good file", keys_added=1)
def keys_file_broken(world, keys_added):
    """The keys file broken while running, then mended with one key more."""
    path = os.path.join(world.stand.run, "keys.json")
    with open(path, encoding="utf-8") as file:
        good = file.read()
    lines = len(world.stand.log().splitlines())
    with Askers(world, known(range(20)), threads=1) as askers:
        try:
            replace(path, good[:len(good) // 2])
            said = wait_for_words(world.stand, lines, "keys")
            askers.wait_for(50)
        finally:
            replace(path, good)
    equal(askers.failed, 0, f"calls failed while the file was broken: {askers.codes}")
    second = secrets.token_urlsafe(24)
    entries = json.loads(good)
    entries["keys"].append({**entries["keys"][0], "label": "second", "sha256": hashlib.sha256(second.encode()).hexdigest()})
    begin = time.monotonic()
    replace(path, json.dumps(entries))
    try:
        with Fleet(world.stand.address, second) as newcomer, Fleet(world.stand.address, "nobody") as stranger:
            while code_of(newcomer) != "OK":
                assert time.monotonic() < begin + 10, "the new key is not known after 10 s"
                time.sleep(0.05)  # the pause of a bounded poll
            took = time.monotonic() - begin
            equal(code_of(stranger), "UNAUTHENTICATED", "a key that nobody has")
            world.fleet.recommend()
    finally:
        replace(path, good)
    return (f"the broken file was told ({said}), {askers.calls} calls with the old keys went on; a key more in the mended file "
            f"was known after {took:.1f} s")


def code_of(fleet):
    try:
        fleet.recommend()
        return "OK"
    except grpc.RpcError as error:
        return error.code().name


def replace(path, text):
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


def wait_for_words(process, after_lines, word, seconds=10):
    """The message of the first log line from then on that holds the word."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for line in process.log().splitlines()[after_lines:]:
            if word in line.lower():
                return json.loads(line).get("message", line)[:80]
        time.sleep(0.1)  # the pause of a bounded poll
    raise AssertionError(f"no line of the log holds '{word}' after {seconds} s")
