"""The eight kinds of processes that are killed, their progress, and the way each work continues."""

from __future__ import annotations

import json
import os
import re
import signal
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar

from commands.command import Command
from commands.merchants.enrol_merchant import EnrolMerchant
from projections.registry import PROJECTIONS
from service.app import open_app
from tests.kills.bench import PATIENCE_S, LedgerUnderTest
from tests.kills.clients import SECRET, Client, ids_of, report_scan, submit_over_http
from tests.service.adapters.psp.reports import neutral, summed
from tests.support.access import token_for
from tests.support.buses import IMPORTER, PLATFORM, Clock, Desk
from tests.support.sales import merchant_ready, released
from tests.support.services import Running, Service, until

LINES, ROWS, MERCHANTS, SCANS = 600, 600, 6, 40
ACCOUNTS, COMMANDS = 6, 20
ACTOR = IMPORTER.model_dump(exclude_defaults=True)
TRY_AGAIN = 75
_STOPPED = re.compile(r"Stopped after ([\d,]+) lines")
_FOLDED = """
SELECT coalesce(sum(c.position), 0) FROM views.checkpoints c JOIN views.projections p USING (projection, generation)
"""


class Work(ABC):
    """A process at work. `tag` is unique in a run, and part of every id that the work uses."""

    name: ClassVar[str]
    whole: int  # what `done` comes to at the end

    def __init__(self, bench: LedgerUnderTest, tag: str) -> None:
        self.bench, self.tag = bench, tag
        self.prepare()

    @abstractmethod
    def prepare(self) -> None:
        """Creates the state that the process needs before it starts."""

    @abstractmethod
    def start(self) -> Running:
        """The process that does the work, or goes on with it."""

    @abstractmethod
    def done(self) -> int:
        """Returns how much of the work is visibly done."""

    def kill(self, running: Running) -> None:
        running.end(signal.SIGKILL)

    def finish(self, running: Running) -> None:
        """Wait until the work is done; note what was acknowledged."""
        assert running.process.wait(PATIENCE_S) == 0, (
            f"{self.name} ended with {running.process.returncode}: {running.err}"
        )
        with open_app(self.bench.settings):
            assert self.done() == self.whole, f"{self.name} did {self.done():,} instead of {self.whole:,}"


class Recording(Work):
    """Enrolments of a file. Their answers are known once the process has ended."""

    name = "redledger record"
    whole = LINES

    def prepare(self) -> None:
        self.file = self.bench.folder.parent / f"{self.tag}.jsonl"
        self.ids = [f"{self.tag}-{n}" for n in range(LINES)]
        with self.file.open("w") as lines:
            for id in self.ids:
                line = {"command": "enrol_merchant", "id": id, "actor": ACTOR, "data": {"merchant_id": f"M-{id}"}}
                lines.write(json.dumps(line) + "\n")

    def start(self) -> Running:
        return self.bench.run("record", str(self.file), "--format", "json")

    def done(self) -> int:
        enrolled = "SELECT count(*) FROM log.events WHERE type = 'merchant.enrolled' AND command_id LIKE %s"
        return self.bench.count(enrolled, f"%/{self.tag}-%")

    def finish(self, running: Running) -> None:
        super().finish(running)
        (counts,) = json.loads(running.out)
        assert counts["recorded"] + counts["repeated"] == LINES, counts
        self.bench.acknowledged.update(self.ids)


class LostServer(Recording):
    """The embedded server under a recording, which says up to which line it was answered."""

    name = "the embedded postmaster"

    def kill(self, running: Running) -> None:
        postmaster = self.bench.postmaster
        assert postmaster is not None
        os.kill(postmaster.pid, signal.SIGKILL)
        if running.wait() == 0:  # the kill came after its last line
            self.bench.acknowledged.update(self.ids)
            return
        assert running.process.returncode == TRY_AGAIN, f"{running.process.returncode}: {running.err}"
        stopped = _STOPPED.search(running.err)
        assert stopped, running.err
        self.bench.acknowledged.update(self.ids[: int(stopped[1].replace(",", ""))])


class Import(Work):
    """A provider's report whose lines nobody knows."""

    name = "redledger import psp"
    whole = ROWS

    def prepare(self) -> None:
        self.file = self.bench.folder.parent / f"{self.tag}.csv"
        rows = [
            f"B-{self.tag},{self.tag}-{n},charge,ch-{self.tag}-{n},,,USD,1.00,0.10,0.90,7.1500,,2025-04-10,{self.tag}"
            for n in range(ROWS)
        ]
        cents = f"{ROWS}.00,{ROWS // 10}.00,{ROWS - ROWS // 10}.00"
        total = summed(ROWS, amounts=cents, cash="").replace("B-1", f"B-{self.tag}").replace("DEP-1", self.tag)
        self.file.write_bytes(neutral(*rows, total))

    def start(self) -> Running:
        return self.bench.run("import", "psp", str(self.file), "--psp", "stripe")

    def done(self) -> int:
        noted = "SELECT count(*) FROM log.events WHERE type = 'unmatched.fact_reported' AND payload LIKE %s"
        return self.bench.count(noted, f"%ch-{self.tag}-%")


class SettlementRun(Work):
    """Statements and payouts of merchants that had nothing to be paid before."""

    name = "redledger settle"
    whole = 2 * MERCHANTS + 2  # begun, a statement and a payout each, completed

    def prepare(self) -> None:
        with open_app(self.bench.settings) as app:
            desk = Desk(app.ledger, Clock(datetime(2025, 4, 1, 8, tzinfo=UTC)))
            for n in range(MERCHANTS):
                merchant_ready(desk, f"M-{self.tag}-{n}")
                released(desk, f"O-{self.tag}-{n}", f"M-{self.tag}-{n}")
            desk.bus.close()

    def start(self) -> Running:
        return self.bench.run("settle", "--run", f"R-{self.tag}")

    def done(self) -> int:
        reported = """
            SELECT count(*) FROM log.events WHERE payload LIKE %s
            AND type IN ('settlement_run.started', 'settlement_run.completed')
        """
        # Counts this run's merchants only: those of an earlier run get a statement of the payout that it made.
        theirs = """
            SELECT count(*) FROM log.events WHERE stream LIKE %s AND type IN ('statement.issued', 'payout.initiated')
        """
        return self.bench.count(reported, f'%"R-{self.tag}"%') + self.bench.count(theirs, f"%M-{self.tag}-%")


class Rebuild(Work):
    """Every view folded again, beside the live ones."""

    name = "redledger rebuild"
    whole = len(PROJECTIONS)

    def prepare(self) -> None:
        with open_app(self.bench.settings) as app:
            app.catch_up()
            self._before = self._generations()

    def start(self) -> Running:
        return self.bench.run("rebuild", "--all")

    def done(self) -> int:
        return min(self._generations() - self._before, self.whole)

    def _generations(self) -> int:
        """Grows by one with each view that a rebuild has begun."""
        return self.bench.count("SELECT sum(generation) FROM views.projections")


class Folding(Work):
    """Views that are behind are folded, before they are compared."""

    name = "view folding (verify-views)"

    def prepare(self) -> None:
        with open_app(self.bench.settings) as app:
            app.bus.submit([_enrolment(f"{self.tag}-{n}") for n in range(LINES)])
            events = sum(app.ledger.reader.heads().values())
            self._before = self.bench.count(_FOLDED)
        self.whole = len(PROJECTIONS) * events - self._before

    def start(self) -> Running:
        return self.bench.run("verify-views")

    def done(self) -> int:
        return min(self.bench.count(_FOLDED) - self._before, self.whole)


def _enrolment(id: str) -> Command:
    return EnrolMerchant(id=id, actor=PLATFORM, merchant_id=f"M-{id}")


class Up(Work):
    """The running service, while a carrier reports scans."""

    name = "redledger up"
    whole = SCANS

    def prepare(self) -> None:
        self.address = ""
        self.clients = [Client(f"ZZ{self.tag}", lambda number: report_scan(self.address, number))]

    def start(self) -> Service:
        service = self.bench.serve("--aftership-secret", SECRET)
        is_first, self.address = not self.address, service.address
        for client in self.clients if is_first else ():
            client.start()
        return service

    def done(self) -> int:
        if failure := next((client.failure for client in self.clients if client.failure), None):
            raise failure
        return sum(len(client.answered) for client in self.clients)

    def finish(self, running: Running) -> None:
        until(lambda: self.done() >= self.whole, what="the answers", patience_s=PATIENCE_S)
        for client in self.clients:
            client.stop()
        self.note()
        assert running.end(signal.SIGINT) == 0, running.err

    def note(self) -> None:
        """Checks or notes what was acknowledged."""
        noted = "SELECT count(*) FROM log.events WHERE type = 'unmatched.fact_reported' AND payload LIKE %s"
        for number in (number for client in self.clients for number in client.answered):
            found = self.bench.count(noted, f'%"{number}"%')
            assert found == 1, f"the scan of {number} was acknowledged once and is recorded {found} times"


class UpUnderCommands(Up):
    """The running service, under the load of accounts that send commands with their keys until they are answered."""

    name = "redledger up under commands"
    whole = ACCOUNTS * COMMANDS

    def prepare(self) -> None:
        self.address = ""
        with open_app(self.bench.settings) as app:
            names = [f"h{self.tag}{letter}" for letter in "abcdefgh"[:ACCOUNTS]]
            tokens = {name: token_for(app, name, "finance") for name in names}
        self.clients = [Client(name, partial(self._ask, token)) for name, token in tokens.items()]

    def note(self) -> None:
        answered = [id for client in self.clients for id in client.answered]
        self.bench.acknowledged.update(key for id in answered for key in ids_of(id))

    def _ask(self, token: str, id: str) -> None:
        submit_over_http(self.address, token, id)


WORKS: tuple[type[Work], ...] = (Up, UpUnderCommands, Recording, LostServer, Import, SettlementRun, Rebuild, Folding)
