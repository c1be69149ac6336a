"""One ledger on a disk with fsync on, the processes that were started on it, and what was acknowledged."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

import psycopg2
from psycopg2 import errors
from psycopg2.extensions import make_dsn

from service.database import DATABASE, open_database
from service.embedded.cluster import SUPERUSER, Postmaster, read_postmaster
from service.settings import Settings
from tests.support.buses import open_desk, publish_programme
from tests.support.postgres import disk_folder, open_folder
from tests.support.services import Running, Service, is_alive, until

# What a question meets while the server is away, or before a process has made the table that it reads.
_NO_ANSWER = (psycopg2.OperationalError, psycopg2.InterfaceError, errors.UndefinedTable)
PATIENCE_S = 300.0  # with one step: recovery and a rebuild of every view, on a machine that others use too


class LedgerUnderTest:
    """A ledger in a folder of its own. `acknowledged` holds the ids of commands whose answer reached a client."""

    def __init__(self, folder: Path, random: Random) -> None:
        self.settings, self.random = Settings(data_dir=folder), random
        self.acknowledged: set[str] = set()
        self._started: list[Running] = []

    @property
    def folder(self) -> Path:
        return self.settings.data_dir

    def run(self, *arguments: str) -> Running:
        """Starts `redledger` with these arguments."""
        self._started.append(Running(*arguments, folder=self.folder))
        return self._started[-1]

    def serve(self, *arguments: str) -> Service:
        """Starts `redledger up`; returns once it answers."""
        service = Service(self.folder, *arguments, patience_s=PATIENCE_S)
        self._started.append(service)
        return service

    @property
    def postmaster(self) -> Postmaster | None:
        return read_postmaster(self.folder / "postgres" / "cluster")

    def rows(self, question: str, *about: Any) -> list[tuple[Any, ...]]:
        """Returns the database's rows to a client that does not hold the server, so that it still stops after its last
        client.
        """
        postmaster = self.postmaster
        if postmaster is None:
            raise psycopg2.OperationalError("no server runs")
        address = make_dsn(host=str(postmaster.socket_dir), user=SUPERUSER, dbname=DATABASE)
        with closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
            cursor.execute(question, about)
            return list(cursor.fetchall())

    def count(self, question: str, *about: Any) -> int:
        """One number; 0 while nobody answers."""
        try:
            return int(self.rows(question, *about)[0][0])
        except _NO_ANSWER:
            return 0

    def end(self) -> None:
        """Kill what still runs of what was started, and remove the server's files once the server has stopped."""
        for running in self._started:
            with suppress(ProcessLookupError):
                running.process.send_signal(signal.SIGKILL)
            running.wait()
        postmaster = self.postmaster
        if postmaster is not None and is_alive(postmaster.pid):
            with suppress(ProcessLookupError):
                os.kill(postmaster.pid, signal.SIGQUIT)
            until(lambda: not is_alive(postmaster.pid), what="the server to end")
        shutil.rmtree((self.folder / "postgres").resolve(), ignore_errors=True)


@contextmanager
def open_bench(random: Random) -> Iterator[LedgerUnderTest]:
    """A ledger with the programme's policies and rates; whatever was started on it is ended with the context."""
    with open_folder(disk_folder()) as outer:
        bench = LedgerUnderTest(outer / "data", random)
        with open_database(bench.settings, create=True) as url, open_desk(url, bench.folder) as desk:
            publish_programme(desk)
        try:
            yield bench
        finally:
            bench.end()
