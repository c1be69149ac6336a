"""The log beside its yardsticks: single durable appends, bulk, and catching up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg2

from ledger.keys import FileKeyStore
from ledger.ledger import Ledger
from ledger.log.rows import Attempt
from service.embedded import EmbeddedPostgres
from tests.benchmarks.ledgers import attempt, open_ledger
from tests.benchmarks.measure import Table, rate, rate_of_processes, rate_of_threads
from tests.benchmarks.scale import Scale
from tests.benchmarks.yardsticks import RAW_TABLE, copy_rows, libpq, library_appends, library_recorder, raw_inserts

_WARM_UP = 80  # appends of a writer process, which plan the append function on its connection
RAW = "raw INSERT, {} clients"
ONE_RAW, UNFLUSHED = "raw INSERT, one client", "the same, its commits not flushed"
COPY = "COPY into the same table"
LIBRARY = "the library's recorder, 16 threads, 2 ms flush"


def append_in_a_process(gate: Any, argument: tuple[str, Path, int], count: int) -> None:
    """One writer process with one caller: single appends into one book on a connection that is open and warm."""
    url, keys, book = argument
    ledger = Ledger.open(url, keys=FileKeyStore(keys))
    attempts = [attempt() for _ in range(count)]
    _append_each(ledger, book, [attempt() for _ in range(_WARM_UP)])
    gate.wait()
    _append_each(ledger, book, attempts)
    gate.wait()
    ledger.close()


def measure_singles(server: EmbeddedPostgres, table: Table, keys: Path, scale: Scale) -> None:
    """One event, one durable commit, beside as many raw clients: what a caller waits for, and what a server bears."""
    url = server.url("bench_singles")
    with open_ledger(url, keys) as ledger:
        _execute(url, RAW_TABLE)
        for _ in range(scale.rounds):
            _measure_one_caller(table, url, keys, scale)
            _measure_several_callers(table, url, keys, scale, ledger)


def _measure_one_caller(table: Table, url: str, keys: Path, scale: Scale) -> None:
    """One client of each kind, and from the raw ones the time of a flush: a commit with it less one without."""
    count = scale.singles // 2
    flushed = rate_of_processes(count, [(url, "on")], raw_inserts)
    unflushed = rate_of_processes(count, [(url, "off")], raw_inserts)
    appended = rate_of_processes(count, [(url, keys, 1)], append_in_a_process)
    table.figure(ONE_RAW).samples.append(flushed)
    table.figure(UNFLUSHED).samples.append(unflushed)
    table.figure("a flush", unit="µs").samples.append(1e6 / flushed - 1e6 / unflushed)
    table.figure("append, one caller", beside=ONE_RAW, aim=">= 0.28").samples.append(appended)


def _measure_several_callers(table: Table, url: str, keys: Path, scale: Scale, ledger: Ledger) -> None:
    several = scale.processes
    raw = RAW.format(several)
    table.figure(raw).samples.append(rate_of_processes(scale.singles, [(url, "on")] * several, raw_inserts))
    for where, books, aim in (
        ("one book", [1] * several, ">= 0.20"),
        ("books of their own", range(1, several + 1), ">= 0.33"),
    ):
        name = f"append, {several} processes of one caller, {where}"
        table.figure(name, beside=raw, aim=aim).samples.append(
            rate_of_processes(scale.singles, [(url, keys, book) for book in books], append_in_a_process)
        )
    attempts = [attempt() for _ in range(scale.singles)]
    table.figure("append, 16 threads of one process", beside=raw, aim=">= 0.6").samples.append(
        _append_from_threads(ledger, 1, attempts, threads=16)
    )


def measure_slow_disk(server: EmbeddedPostgres, table: Table, keys: Path, scale: Scale) -> None:
    """Sixteen callers beside the library's own recorder when every flush takes 2 ms (commit_delay)."""
    url = server.url("bench_slow")
    with open_ledger(url, keys) as ledger:
        recorder = library_recorder(url)
        _set_flush_delay(url, 2_000)
        try:
            for _ in range(scale.rounds):
                table.figure(LIBRARY).samples.append(
                    rate_of_threads(scale.flushes, 16, lambda _, n: library_appends(recorder, n))
                )
                attempts = [attempt() for _ in range(10 * scale.flushes)]
                table.figure("append, 16 threads, 2 ms flush", beside=LIBRARY, aim=">= 5").samples.append(
                    _append_from_threads(ledger, 2, attempts, threads=16)
                )
        finally:
            _set_flush_delay(url, 0)
            recorder.datastore.close()


def measure_bulk(server: EmbeddedPostgres, table: Table, keys: Path, scale: Scale) -> None:
    """Appends of 500 commands beside COPY of the same rows into a twin of the table, CHECK and indexes included."""
    url = server.url("bench_bulk")
    with open_ledger(url, keys) as ledger:
        connection = psycopg2.connect(libpq(url))
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE twin (LIKE log.events INCLUDING ALL)")
        connection.commit()
        done = 0
        for _ in range(scale.rounds):
            attempts = [attempt() for _ in range(scale.bulk)]
            appended = rate(scale.bulk, lambda a=attempts: _append_bulk(ledger, 3, a))  # type: ignore[misc]
            with connection.cursor() as cursor:
                cursor.execute("SELECT * FROM log.events WHERE book = 3 AND position > %s", (done,))
                rows, columns = cursor.fetchall(), tuple(column.name for column in cursor.description or ())
            done += scale.bulk
            table.figure(COPY).samples.append(
                rate(scale.bulk, lambda r=rows, c=columns: copy_rows(connection, "twin", c, r))  # type: ignore[misc]
            )
            table.figure("bulk append, 500 commands a call", beside=COPY, aim=">= 0.5").samples.append(appended)
        connection.close()


def _append_from_threads(ledger: Ledger, book: int, attempts: list[Attempt], *, threads: int) -> float:
    return rate_of_threads(
        len(attempts), threads, lambda thread, share: _append_each(ledger, book, attempts[thread * share :][:share])
    )


def _append_each(ledger: Ledger, book: int, attempts: list[Attempt]) -> None:
    for one in attempts:
        ledger.append(book, [one])


def _append_bulk(ledger: Ledger, book: int, attempts: list[Attempt]) -> None:
    for start in range(0, len(attempts), 500):
        ledger.append(book, attempts[start : start + 500])


def _set_flush_delay(url: str, delay_us: int) -> None:
    _execute(url, f"ALTER SYSTEM SET commit_delay = {delay_us}")
    _execute(url, "ALTER SYSTEM SET commit_siblings = 0")
    _execute(url, "SELECT pg_reload_conf()")


def _execute(url: str, statement: str) -> None:
    connection = psycopg2.connect(libpq(url))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()
