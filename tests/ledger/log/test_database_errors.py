"""Trouble of the database is distinguished from faults of statements and data, the same on every way to the
database."""

from __future__ import annotations

import pickle
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread

import psycopg2
import pytest
from psycopg2 import errorcodes, extensions
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from ledger.ledger import Ledger
from ledger.log import database_errors as troubles
from ledger.log.database_errors import (
    KINDS,
    ConnectionLost,
    DatabaseTrouble,
    DatabaseUnreachable,
    OutcomeUnknown,
    TroubleKind,
    trouble_of,
)
from ledger.log.engine import cursor_of, writer_engine
from projections.engine.connections import begin, transaction
from service.embedded import EmbeddedPostgres

_TROUBLED_CLASSES = {"08", "28", "3D", "53", "57", "58", "F0", "XX"}
_TROUBLED_ALONE = {"25006", "25P03", "25P04", "40001", "40003", "40P01", "42501", "55006", "55P03"}
_NOT_RAISED = {"00", "01", "02", "03"}  # success, warnings, no data: no error has them
CODES = sorted(
    code
    for name, code in vars(errorcodes).items()
    if name.isupper() and not name.startswith("CLASS_") and isinstance(code, str) and code[:2] not in _NOT_RAISED
)
_RAISE = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{}', MESSAGE = 'raised by a test'; END $$"


@contextmanager
def _sqlalchemy(engine: Engine) -> Iterator[Callable[[str], object]]:
    with begin(engine) as connection:
        yield connection.exec_driver_sql


@contextmanager
def _of_views(engine: Engine) -> Iterator[Callable[[str], object]]:
    with transaction(engine) as cursor:
        yield cursor.execute


@contextmanager
def _of_the_log(engine: Engine) -> Iterator[Callable[[str], object]]:
    with cursor_of(engine) as cursor:
        yield cursor.execute


WAYS = {"the log's": _of_the_log, "a view's": _of_views, "SQLAlchemy's": _sqlalchemy}


@pytest.mark.parametrize("way", WAYS)
def test_every_sqlstate_is_trouble_or_a_fault_on_every_way(ledger: Ledger, way: str) -> None:
    wrong = []
    for code in CODES:
        with pytest.raises((DatabaseTrouble, psycopg2.Error, DBAPIError)) as raised, WAYS[way](ledger.engine) as run:
            run(_RAISE.format(code))
        expected = code[:2] in _TROUBLED_CLASSES or code in _TROUBLED_ALONE
        if isinstance(raised.value, DatabaseTrouble) is not expected:
            wrong.append((code, errorcodes.lookup(code), type(raised.value).__name__))
    assert not wrong


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("25006", troubles.READ_ONLY),
        ("57014", troubles.TIMED_OUT),
        ("55P03", troubles.BUSY),
        ("53100", troubles.DISK_FULL),
        ("53300", troubles.TOO_MANY_CONNECTIONS),
        ("53200", troubles.OUT_OF_RESOURCES),
        ("28P01", troubles.LOGIN_REFUSED),
        ("3D000", troubles.MISSING),
        ("42501", troubles.RIGHTS_MISSING),
        ("57P01", troubles.RESTARTING),
        ("57P02", troubles.RESTARTING),
        ("57P03", troubles.RESTARTING),
        ("57P05", troubles.CONNECTION_LOST),
        ("58P01", troubles.STORAGE_FAILED),
        ("58030", troubles.NODE_LOST),
        ("08006", troubles.NODE_LOST),
        ("XX000", troubles.NODE_LOST),
        ("XX001", troubles.DAMAGED),
    ],
)
def test_a_sqlstate_has_its_kind(code: str, kind: TroubleKind, ledger: Ledger) -> None:
    with pytest.raises(DatabaseTrouble) as raised, cursor_of(ledger.engine) as cursor:
        cursor.execute(_RAISE.format(code))
    assert raised.value.kind is kind


@pytest.mark.parametrize("code", ["08006", "XX000", "58030"])
@pytest.mark.parametrize("way", WAYS)
def test_a_lost_node_leaves_open_if_the_statement_was_executed_and_keeps_the_connection(
    code: str, way: str, ledger: Ledger
) -> None:
    with WAYS["the log's"](ledger.engine) as run:
        run("SET redledger.seen = 'by this connection'")
    with pytest.raises(ConnectionLost), WAYS[way](ledger.engine) as run:
        run(_RAISE.format(code))
    if way == "the log's":
        with cursor_of(ledger.engine) as cursor:
            cursor.execute("SELECT current_setting('redledger.seen')")
            assert cursor.fetchall() == [("by this connection",)]


def test_a_timeout_says_that_the_statement_was_cancelled(ledger: Ledger) -> None:
    with pytest.raises(DatabaseTrouble, match="took too long") as raised, cursor_of(ledger.engine) as cursor:
        cursor.execute("BEGIN; SET LOCAL statement_timeout = 1; SELECT pg_sleep(60)")
    assert raised.value.retryable


def test_a_read_only_database_refuses_an_append_as_trouble(ledger: Ledger) -> None:
    with pytest.raises(DatabaseTrouble, match="read-only") as raised, cursor_of(ledger.engine) as cursor:
        cursor.execute("BEGIN READ ONLY; SELECT log.assign_books(ARRAY['M-1'])")
    assert raised.value.kind is troubles.READ_ONLY


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_a_kind_says_in_sentences_what_happened_and_what_to_do(kind: TroubleKind) -> None:
    sentence = str(DatabaseTrouble("words\nof the driver.", "postgresql://x/y", kind))
    assert sentence.startswith("The database postgresql://x/y ")
    assert ": words of the driver. " in sentence
    assert "\n" not in sentence
    assert kind.remedy.endswith(".")


def test_kinds_have_codes_of_their_own() -> None:
    assert len({kind.code for kind in KINDS}) == len(KINDS)


def test_every_kind_is_listed() -> None:
    assert set(KINDS) == {kind for kind in vars(troubles).values() if isinstance(kind, TroubleKind)}


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ('connection to server at "db" failed: FATAL:  sorry, too many clients already', troubles.TOO_MANY_CONNECTIONS),
        ('FATAL:  too many connections for role "me"', troubles.TOO_MANY_CONNECTIONS),
        ("FATAL:  remaining connection slots are reserved for roles", troubles.TOO_MANY_CONNECTIONS),
        ("FATAL:  the database system is starting up", troubles.RESTARTING),
        ("FATAL:  the database system is in recovery mode", troubles.RESTARTING),
        ("FATAL:  the database system is shutting down", troubles.RESTARTING),
        ('FATAL:  password authentication failed for user "me"', troubles.LOGIN_REFUSED),
        ("fe_sendauth: no password supplied", troubles.LOGIN_REFUSED),
        ('FATAL:  role "me" does not exist', troubles.LOGIN_REFUSED),
        ('FATAL:  role "me" is not permitted to log in', troubles.LOGIN_REFUSED),
        ('FATAL:  no pg_hba.conf entry for host "1.2.3.4", user "me"', troubles.LOGIN_REFUSED),
        ('FATAL:  no pg_hba.conf entry for host "1.2.3.4", user "me", no encryption', troubles.TLS_REFUSED),
        ("server does not support SSL, but SSL was required", troubles.TLS_REFUSED),
        ("SSL error: certificate verify failed", troubles.TLS_REFUSED),
        ('FATAL:  database "books" does not exist', troubles.MISSING),
        ('FATAL:  permission denied to set role "redledger_app"', troubles.RIGHTS_MISSING),
        ('FATAL:  permission denied for database "books"', troubles.RIGHTS_MISSING),
        ('FATAL:  role "redledger_app" does not exist', troubles.RIGHTS_MISSING),
        ("connection refused", troubles.UNREACHABLE),
        ("timeout expired", troubles.UNREACHABLE),
    ],
)
def test_a_refused_connection_is_known_by_its_words(words: str, kind: TroubleKind) -> None:
    found = trouble_of(psycopg2.OperationalError(words), connecting=True)
    assert isinstance(found, DatabaseUnreachable)
    assert found.kind is kind


def test_a_real_server_s_refusals_are_known(postgres: EmbeddedPostgres) -> None:
    url = postgres.url("postgres")
    for wrong, kind in (
        (url.replace("/postgres?", "/nowhere?"), troubles.MISSING),
        (url.replace("redledger@", "nobody_at_all@"), troubles.LOGIN_REFUSED),
    ):
        engine = writer_engine(wrong)
        with pytest.raises(DatabaseUnreachable) as by_cursor, cursor_of(engine):
            pass
        with pytest.raises(DatabaseUnreachable) as by_engine, engine.connect():
            pass
        assert by_cursor.value.kind is by_engine.value.kind is kind


def test_a_server_that_speaks_no_tls_is_said_to_refuse_it() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        engine = writer_engine(f"postgresql+psycopg2://me@127.0.0.1:{server.getsockname()[1]}/x?sslmode=require")
        server.settimeout(20)

        def refuse() -> None:
            client, _ = server.accept()
            client.recv(8)
            client.sendall(b"N")
            client.close()

        thread = Thread(target=refuse)
        thread.start()
        with pytest.raises(DatabaseUnreachable) as raised, cursor_of(engine):
            pass
        thread.join()
    assert raised.value.kind is troubles.TLS_REFUSED


def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"postgresql+psycopg2://me@127.0.0.1:{silent.getsockname()[1]}/x?connect_timeout=2"
        with pytest.raises(DatabaseUnreachable), cursor_of(writer_engine(url)):
            pass


def test_a_connection_that_was_cut_is_trouble_and_leaves_the_pool(
    ledger: Ledger, kill_connections: Callable[[], None]
) -> None:
    with cursor_of(ledger.engine):  # one that is idle in the pool
        pass
    kill_connections()
    with pytest.raises(ConnectionLost), cursor_of(ledger.engine) as cursor:
        cursor.execute("SELECT 1")
    with cursor_of(ledger.engine) as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchall() == [(1,)]


@pytest.mark.parametrize("left", ["BEGIN", "BEGIN; SELECT 1 / 0"], ids=["open", "failed"])
def test_a_connection_that_is_left_in_a_transaction_leaves_the_pool(ledger: Ledger, left: str) -> None:
    with suppress(psycopg2.Error), cursor_of(ledger.engine) as cursor:
        cursor.execute(left)
    with cursor_of(ledger.engine) as cursor:
        assert cursor.connection.info.transaction_status == extensions.TRANSACTION_STATUS_IDLE


def test_a_pool_without_a_free_connection_is_trouble(ledger: Ledger) -> None:
    small = writer_engine(ledger.engine.url.render_as_string(hide_password=False), connections=1)
    small.pool._timeout = 0  # type: ignore[attr-defined]
    small.pool._max_overflow = 0  # type: ignore[attr-defined]
    with cursor_of(small), pytest.raises(DatabaseTrouble) as raised, cursor_of(small):
        pass
    assert raised.value.kind is troubles.BUSY
    small.dispose()


@pytest.mark.parametrize("kind", [DatabaseTrouble, DatabaseUnreachable, ConnectionLost, OutcomeUnknown])
def test_trouble_survives_the_way_from_another_process(kind: type[DatabaseTrouble]) -> None:
    reported = pickle.loads(pickle.dumps(kind("words", "postgresql://x/y")))
    assert type(reported) is kind
    assert str(reported) == str(kind("words", "postgresql://x/y"))


def test_a_fault_in_the_code_is_no_trouble() -> None:
    assert trouble_of(ValueError("no")) is None
    assert trouble_of(None) is None
