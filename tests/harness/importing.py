"""Imports through kontorctl as a user would run them, and what the fleet says of them afterwards."""

import signal
import time

import grpc

from fleet import Fleet

CELL_METRICS = ("gross_revenue", "returns", "adjustments")
DEADLINE_S = 300


def import_files(stand, files, kills=0, rows_in_all=0):
    """Imports (mapping, path) pairs and waits for every view; returns the seconds from start to then.

    kills: so many times kontor-all is killed with SIGKILL, spread over the import of the last file, and started again;
    kontorctl goes on by itself.
    """
    begin = time.monotonic()
    for mapping, path in files[:-1]:
        stand.ctl("import", "--mapping", mapping, path)
    mapping, path = files[-1]
    if kills:
        importer = stand.ctl_start("import", "--mapping", mapping, path)
        try:
            for number in range(1, kills + 1):
                kill_at(stand, importer, rows_in_all * number // (kills + 1))
            if importer.wait(DEADLINE_S):
                raise RuntimeError("kontorctl gave up although kontor-all was started again")
            stand.settle()
        finally:
            importer.kill()
    else:
        stand.ctl("import", "--mapping", mapping, path)
    stand.ctl("wait", "--timeout", "300s")
    return time.monotonic() - begin


def kill_at(stand, importer, rows):
    """Kills kontor-all as soon as the running orders import has read `rows`, and begins to start it again."""
    wait_for_rows(stand, importer, rows)
    stand.kill()
    stand.start_process_behind()


def wait_for_rows(stand, importer, rows, address=None):
    """Returns once an import that is not done has stored `rows` of progress; an error when the importer ends before.

    While the fleet does not answer here the importer is held, so that it gets no further than what is seen.
    `address`: of another process of the stand's fleet that is to be asked.
    """
    deadline = time.monotonic() + DEADLINE_S
    with Fleet(address or stand.address, stand.keys["all"], timeout=5) as fleet:
        while time.monotonic() < deadline:
            if importer.poll() is not None:
                raise RuntimeError(f"the import ended before it had read {rows} rows; give it more")
            try:
                running = [each for each in fleet.all_imports() if each.state == each.STATE_RUNNING]
                importer.send_signal(signal.SIGCONT)
            except grpc.RpcError:
                running = ()
                importer.send_signal(signal.SIGSTOP)
            if any("-orders-" in each.name and each.rows_read >= rows for each in running):
                return
            time.sleep(0.005)
    raise RuntimeError(f"the import did not reach {rows} rows within {DEADLINE_S} s")


def figures(fleet):
    """What OrderFile.figures says, as the fleet says it: read back through QueryKpis and the import's own record."""
    from fleet import analytics

    metrics = ("net_revenue", "return_lines", "adjustment_lines", "stock_corrections")
    everything = fleet.totals(metrics)
    known = [analytics.Filter(dimension="customer_kind", values=["known"])]
    clean = fleet.totals(("paid_lines", "revenue"), filters=known)
    records = [fleet.import_of(each.name) for each in fleet.all_imports()]
    return {
        "rows_read": sum(each.rows_read for each in records if "-orders-" in each.name),
        "gross_total": everything["net_revenue"],
        "clean_lines": clean["paid_lines"],
        "clean_total": clean["revenue"],
        "return_lines": everything["return_lines"],
        "adjustment_lines": everything["adjustment_lines"],
        "stock_corrections": everything["stock_corrections"],
        "refused_rows": sum(each.refused_rows for each in records),
    }


def differences(found, expected):
    """The cells that are not equal, as sentences; cells that only one side has count too."""
    return [f"{key}: the fleet says {found.get(key)}, the file {expected.get(key)}"
            for key in sorted(found.keys() | expected.keys()) if found.get(key) != expected.get(key)]
