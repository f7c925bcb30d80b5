"""Many kills within one import, of the fleet and of two consumers beside it whose effects have no key."""

import os
import signal
import subprocess
import time

from importing import wait_for_rows
from ledger import CONSUMERS
from stand import BUILD

LEDGER_CONSUMER = os.path.join(BUILD, "bin/chaos_ledger_consumer")
GROUPS = ("exact", "apart")
APPLIED = " UNION ALL ".join(f"(SELECT next_offset FROM {each}.consumer_offsets ORDER BY topic, partition)" for each in CONSUMERS)
END_LEASES = " ".join(f"UPDATE {each}.consumer_offsets SET lease_until = '-infinity'; DELETE FROM {each}.consumer_members;"
                      for each in CONSUMERS)
SHARE_OF_ROWS = 0.7  # the last kill that waits for rows comes here, so that effects are left for those after it
PATIENCE_S = 60
MOMENT_S = 0.1  # a kill comes at a random moment within this after what it waits for


def applied(stand):
    """The offsets that the fleet's consumers have applied, as one tuple."""
    return tuple(int(offset) for (offset,) in stand.rows(APPLIED))


def end_dead_leases(stand):
    """What six seconds would do: the leases of owners that are dead by now are over. For those who kill often."""
    stand.rows(END_LEASES)


class LedgerConsumers:
    """chaos_ledger_consumer, once as it should be and once as the mutant. They read PostgreSQL's log: none on Kafka."""

    def __init__(self, stand):
        self.stand, self.processes = stand, []
        self.present = stand.engine == "postgres" and os.path.exists(LEDGER_CONSUMER)

    def __enter__(self):
        if self.present:
            made = self.stand.sql("CREATE SCHEMA chaos; CREATE TABLE chaos.lines (consumer text, partition int, log_offset int8)")
            assert not made.returncode, made.stderr
            self.start()
        return self

    def __exit__(self, *_):
        self.kill()

    def start(self):
        for group in GROUPS if self.present else ():
            self.processes.append(subprocess.Popen([LEDGER_CONSUMER, group, self.stand.dsn()], stdin=subprocess.DEVNULL,
                                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def kill(self):
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()
        self.processes.clear()

    def count(self):
        """Group → (lines, records that have one), and "records" on the log; once both have applied it. {} without them."""
        if not self.present:
            return {}
        ends = {int(partition): int(end) for partition, end in
                self.stand.rows("SELECT partition, next_offset FROM event_log.partitions WHERE topic = 'orders'")}
        deadline = time.monotonic() + PATIENCE_S
        behind = f"SELECT count(*) FROM chaos.consumer_offsets o JOIN event_log.partitions p USING (topic, partition) " \
                 f"WHERE o.next_offset < p.next_offset AND o.consumer_group IN {GROUPS}"
        while self.stand.rows(behind) != [("0",)]:
            assert time.monotonic() < deadline, f"the ledger consumers are behind after {PATIENCE_S} s"
            time.sleep(0.05)  # the pause of a bounded poll
        found = {group: (int(lines), int(distinct)) for group, lines, distinct in self.stand.rows(
            "SELECT consumer, count(*), count(DISTINCT (partition, log_offset)) FROM chaos.lines GROUP BY 1")}
        return {**found, "records": sum(ends.values())}


class Killing:
    """`seen`: the offsets that the fleet's consumers had applied after each kill, one tuple a kill."""

    def __init__(self, stand, consumers, dice, rows, kills):
        self.stand, self.consumers, self.dice, self.rows, self.kills = stand, consumers, dice, rows, kills
        self.seen, self.first = [], applied(stand)

    def run(self, mapping, path):
        """Imports the file with all kills in it; kontorctl goes on by itself."""
        with self.stand.ctl_start("import", "--mapping", mapping, path) as importer:
            for number in range(1, self.kills + 1):
                if number % 2:
                    wait_for_rows(self.stand, importer, int(SHARE_OF_ROWS * self.rows * number / self.kills))
                self._wait_for_effects()
                self._kill()
            importer.finish(PATIENCE_S)
            self.stand.settle()

    def _wait_for_effects(self):
        """Until something has been applied since the last kill, and a random moment more."""
        before, deadline = self.seen[-1] if self.seen else self.first, time.monotonic() + PATIENCE_S
        while applied(self.stand) == before:
            assert time.monotonic() < deadline, f"nothing was applied for {PATIENCE_S} s after kill {len(self.seen)}"
        time.sleep(self.dice.uniform(0, MOMENT_S))

    def _kill(self):
        os.kill(self.stand.pid(), signal.SIGKILL)
        self.consumers.kill()
        end_dead_leases(self.stand)
        self.seen.append(applied(self.stand))
        self.stand.start_process_behind()
        self.consumers.start()
