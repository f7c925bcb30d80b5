"""Faults of the broker, and of topics that change under those who read them."""

import os
import time

from check_servers import Failing
from checking import equal
from faulting import fault
from loads import STRANGERS, Askers, Senders, known

SHED = {"UNAVAILABLE", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED"}


@fault(5, "broker_down", "intake buffers within its cap, then sheds; consumers resume; no loss", engines=("kafka",), down_s=6,
       full={"down_s": 60})
def broker_down(world, down_s):
    with Senders(world, threads=4) as load, Askers(world, known(range(20)) + STRANGERS) as askers:
        load.wait_for(20)
        world.servers.stop_kafka()
        gone = time.monotonic()
        alive = []
        while time.monotonic() < gone + down_s:
            alive.append(world.stand.probe("/healthz"))
            time.sleep(0.2)  # looks a few times a second
        world.servers.start_kafka()
        load.wait_for(20)
    equal(set(alive), {200}, "/healthz")
    equal(askers.failed, 0, f"recommendations refused ({askers.codes})")
    assert max(askers.seconds) < 2, f"a recommendation waited {max(askers.seconds):.1f} s behind an intake that hangs"
    assert load.codes.keys() <= SHED, load.codes
    return f"{load.told()}; recommend: {askers.told()}, {world.check()}"


@fault(6, "partitions_changed", "alarm, no crash: a process that wants other partitions does not start and says so", wanted=9)
def partitions_changed(world, wanted):
    """The number of partitions is fixed when a topic is created (docs/architecture.md), on every engine."""
    with Senders(world, threads=1) as load:
        keys = os.path.join(world.stand.run, "keys.json")
        Failing(world.stand, "other-partitions", topicPartitions=wanted,
                server={"publicAddress": "127.0.0.1:0", "keysFile": keys}).says("PARTITIONS_FIXED", "orders")
        load.wait_for(10)
    return f"refused with PARTITIONS_FIXED; the running process went on: {load.told()}, {world.check()}"
