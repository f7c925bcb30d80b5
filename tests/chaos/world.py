"""What the faults share: a running fleet with a trained shop, its ledger, and its mending after each fault."""

import itertools
import os

from checking import equal
from fleet import Fleet
from ledger import Ledger
from loads import new_order
from made_shop import write_shop
from order_file import OrderFile, mapping_path
from servers import Servers
from stand import ROOT, Stand

HISTORY_ROWS = 40_000
INVOICES_APART = 20_000


class World:
    def __init__(self, engine, first_port):
        self.stand = Stand(first_port, engine=engine).start()
        self.servers = Servers(self.stand)
        self.fleet = Fleet(self.stand.address, self.stand.keys["all"], timeout=30)
        self.ledger = Ledger()
        self.mapping = mapping_path(ROOT, "online-retail")
        self._numbers, self._files = itertools.count(1), itertools.count(1)
        self.history = self.write_file(HISTORY_ROWS)
        self.import_file(self.history)
        self.fleet.train(force=True)

    def order(self, **fields):
        """A new order that nobody has sent yet."""
        return new_order(next(self._numbers), **fields)

    def write_file(self, rows):
        """An order file whose invoices no other file has."""
        number = next(self._files)
        path = os.path.join(self.stand.folder, f"history-{number}.csv")
        return write_shop(path, rows, seed=number, first_invoice=500_000 + INVOICES_APART * number)

    def import_file(self, path):
        self.stand.ctl("import", "--mapping", self.mapping, path)
        self.imported(path)

    def imported(self, path):
        """Puts a file whose import has ended into the ledger."""
        stem = os.path.splitext(os.path.basename(path))[0]
        (record,) = (each for each in self.fleet.all_imports() if f"/{stem}-orders-" in each.name)
        record = self.fleet.import_of(record.name)
        equal((record.state, record.refused_rows), (record.STATE_DONE, 0), "the import")
        self.ledger.add_file(OrderFile(path, self.mapping), record)

    def check(self):
        self.stand.wait_until_ready()
        return self.ledger.check(self.stand, self.fleet)

    def mend(self):
        """The state in which every fault begins: all servers up, one process of the fleet, leases with it."""
        for replica in list(self.stand.replicas):
            self.stand.drop(replica)
        self.servers.mend()
        self.stand.settle()
        if not self.stand.alive():
            self.stand.start_process()
        self.stand.wait_until_ready()

    def close(self):
        self.fleet.channel.close()
        self.stand.stop()
