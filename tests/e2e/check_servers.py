"""Starts that must fail in words, a disk that fills up, and the demo from end to end."""

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time

import grpc

import made_events as made
from check_imports import ROWS, compare
from checking import Skip, equal, holds
from fleet import Fleet
from importing import wait_for_rows
from stand import BUILD, KONTOR_ALL, ROOT, Stand, driver

DISK_MIB, LEFT_MIB = 128, 2
DEMO_ROWS, DEMO_SECONDS = 20_000, 240


class Failing:
    """kontor-all with a configuration that cannot work, started at once and looked at later."""

    def __init__(self, stand, name, **changes):
        with open(os.path.join(stand.run, "kontor-all.json"), encoding="utf-8") as file:
            config = json.load(file)
        config.update(changes)
        path = os.path.join(stand.folder, name + ".json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(config, file)
        self.begin = time.monotonic()
        self.process = subprocess.Popen([KONTOR_ALL, "--config", path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)

    def says(self, *words):
        try:
            output, _ = self.process.communicate(timeout=30)
        finally:
            self.process.kill()
        equal(self.process.returncode, 1, output)
        holds(output, *words)


def a_port_in_use_is_named(world):
    Failing(world.stand, "same-port").says(str(world.stand.port), "in use")


def a_missing_postgres_is_named(world):
    world.no_postgres.says("PostgreSQL")


def a_wrong_configuration_is_named(world):
    Failing(world.stand, "unknown-key", server={"publicAdress": "127.0.0.1:1"}).says("publicAdress")
    Failing(world.stand, "no-keys", server={}).says("server.keysFile")
    Failing(world.stand, "no-shop", shops=[]).says("shops")


def a_full_disk_stops_an_import_and_not_the_house(world):
    with SmallDisk() as disk, contextlib.ExitStack() as ends:
        stand = Stand(7900, folder=disk.folder)
        ends.callback(stand.stop)
        disk.start(stand)
        pid = stand.pid()
        with Fleet(stand.address, stand.keys["all"], timeout=10) as fleet:
            disk.fill()
            with stand.ctl_start("import", "--mapping", world.mapping, world.first) as importer:
                # PostgreSQL words a full disk in one of these ways, by what it was writing.
                refusal = first_refusal(fleet)
                assert "No space left on device" in refusal or "could not extend file" in refusal, refusal
                fleet.totals(("orders",))  # reads go on
                assert importer.poll() is None, "kontorctl gave up at once"
                disk.make_room()
                importer.finish(120)
            stand.ctl("wait")
            equal(stand.pid(), pid, "the process")
            compare(world.with_fleet(fleet), world.first)


def first_refusal(fleet):
    """Sends large enough orders until one is refused for want of room; the sentence."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            fleet.send(*(product(number) for number in range(200)))
        except grpc.RpcError as error:
            assert error.code() in (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE), error
            return error.details()
    raise AssertionError("the disk never filled up")


def product(number):
    """A catalogue entry of 2 kB: no order, so that the figures stay those of the file."""
    event = made.order()
    event.ClearField("order_recorded")
    event.product_upserted.product_id = f"filler-{number}"
    event.product_upserted.revision = int(event.event_id.rsplit("-", 1)[1])
    event.product_upserted.title = "t" * 100
    event.product_upserted.description = "d" * 1_900
    return event


class SmallDisk:
    """A tmpfs for PostgreSQL's data; its write-ahead log lives elsewhere, as on a server with two disks."""

    def __enter__(self):
        if os.geteuid() != 0:
            raise Skip("only root can mount a small disk")
        self.folder, self.wal = (tempfile.mkdtemp(prefix=f"kontor-{name}-", dir="/tmp") for name in ("disk", "wal"))
        options = f"size={DISK_MIB}m,mode=711"
        if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.folder], capture_output=True).returncode:
            self._remove()
            raise Skip("this machine does not let root mount a tmpfs")
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "-l", self.folder], check=False)
        self._remove()

    def _remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.wal, ignore_errors=True)

    def start(self, stand):
        stand.start_stack()
        driver(f"stack_stop '{stand.stack}'")
        with open(os.path.join(stand.stack, "place"), encoding="utf-8") as file:
            log = os.path.join(file.read().strip(), "postgres/data/pg_wal")
        shutil.chown(self.wal, "postgres", "postgres")
        target = os.path.join(self.wal, "pg_wal")
        subprocess.run(["mv", log, target], check=True)
        os.symlink(target, log)
        stand.start()

    def fill(self):
        free = os.statvfs(self.folder)
        self.ballast = os.path.join(self.folder, "ballast")
        with open(self.ballast, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - (LEFT_MIB << 20))

    def make_room(self):
        os.remove(self.ballast)


def the_demo_shows_a_shop_and_ends(world):
    if BUILD != os.path.join(ROOT, "build/release"):
        raise Skip("./kontor demo runs build/release")
    if driver("process_alive var/run || [ -e var/run/stack/stack.env ]", check=False).returncode == 0:
        raise Skip("a Kontor of this folder is up")
    path = os.path.join(world.folder, "demo.csv")
    with open(world.first, encoding="utf-8") as source, open(path, "w", encoding="utf-8") as target:
        target.writelines(line for _, line in zip(range(DEMO_ROWS + 1), source))
    port = driver("free_ports 7950").stdout
    words = ["./kontor", "demo", "--data", path, "--mapping", "online-retail", "--port", port]
    demo = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True)
    try:
        output, _ = demo.communicate(timeout=DEMO_SECONDS)
    except subprocess.TimeoutExpired:
        demo.terminate()  # the demo takes its servers with it
        output, _ = demo.communicate()
    equal(demo.returncode, 0, output)
    holds(output, "demo-orders", "2023-03-01", "GBP", "United Kingdom", "bought it", "often bought with", "popular",
          "kontorctl", "tests/clients/ask.py", "The demo ends here")
    equal(driver(f"port_taken {port}", check=False).returncode, 1, "the port after the demo")
    assert not os.path.exists(os.path.join(ROOT, "var/demo")), "the demo left its data"
