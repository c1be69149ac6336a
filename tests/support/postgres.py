"""Servers and databases for tests: quick ones that forget everything in a power cut, and durable ones."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg2.extensions
from psycopg2 import sql

from ledger.log.engine import writer_engine
from ledger.log.migrations import upgrade
from projections.engine.progress import progress_of
from projections.registry import PROJECTIONS
from service.embedded import EmbeddedPostgres
from tests.support.citus import Cluster

Server = EmbeddedPostgres | Cluster
DURABLE = {"wal_level": "logical", "max_connections": "200"}
QUICK = DURABLE | {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}

_ENOUGH_BYTES = 512 * 1024 * 1024

# Triggers and foreign keys are out of the way in the role `replica`. A transaction that a failed test left open would
# keep its rows locked for ever. All of it in one statement is one round trip.
_CLEAN = """
DO $$
DECLARE
  statement text;
BEGIN
  PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%';
  SET LOCAL session_replication_role = replica;
  FOR statement IN
    SELECT CASE relkind WHEN 'S' THEN format('ALTER SEQUENCE %I.%I RESTART', nspname, relname)
                        ELSE format('DELETE FROM %I.%I', nspname, relname) END
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind IN ('r', 'p', 'S') AND NOT relispartition
      AND relname <> 'alembic_version' AND NOT (nspname = 'views' AND relname IN ('projections', 'generations'))
      AND nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'
  LOOP
    EXECUTE statement;
  END LOOP;
END
$$
"""
# A view's first tables serve the next test too, because to make those of all views takes longer than most tests. What a
# test left otherwise is forgotten, and the next test that needs the view makes its tables.
_FORGET_VIEWS = """
DELETE FROM views.generations WHERE NOT (generation = 1 AND (projection, version) IN %(made)s);
DELETE FROM views.projections WHERE NOT (projection, version, generation) IN (
  SELECT projection, version, generation FROM views.generations
  WHERE NOT EXISTS (
    SELECT FROM regexp_split_to_table(tables, ' ') AS name WHERE to_regclass(format('views.%%I', name)) IS NULL
  )
);
DELETE FROM views.generations WHERE projection NOT IN (SELECT projection FROM views.projections);
UPDATE views.projections SET made = generation;
"""


def memory_folder() -> Path:
    """Shared memory where it has room (containers have 64 MB by default), else the folder for temporary files."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free >= _ENOUGH_BYTES:
        return memory
    return Path(tempfile.gettempdir())


def disk_folder() -> Path:
    """A folder for temporary files that is on a disk: the other one may be memory."""
    lasting = Path("/var/tmp")
    return lasting if os.access(lasting, os.W_OK) else Path(tempfile.gettempdir())


@contextmanager
def open_folder(on: Path) -> Iterator[Path]:
    """A new folder that the server's user can enter too, removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="redledger-test-", dir=on)).resolve()
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def throwaway_server(settings: Mapping[str, str], on: Path) -> Iterator[EmbeddedPostgres]:
    """A server of its own, stopped at once at the end: its data is thrown away with it."""
    with open_folder(on) as folder, EmbeddedPostgres(folder, settings=settings) as server:
        try:
            yield server
        finally:
            with suppress(ProcessLookupError):
                os.kill(server.pid, signal.SIGQUIT)
            sheltered = (folder / "postgres").resolve()
            server.stop()
            shutil.rmtree(sheltered)


def make_log(server: Server, database: str) -> None:
    """Makes a database with the current schema and nothing else."""
    if isinstance(server, Cluster):
        server.make_log(database)
    else:
        upgrade(server.url(database))


def seal(server: Server, template: str) -> None:
    """Make a database a template that can always be cloned: nobody is connected to it, nor can be."""
    _administer(server, "ALTER DATABASE {} WITH ALLOW_CONNECTIONS false", template)
    if isinstance(server, Cluster):
        server.disconnect(template)
        return
    with closing(_connect(server.dsn("postgres"))) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", (template,))


def clone(server: Server, template: str, database: str) -> str:
    """A new database with all that the template holds; its address. Quickest in memory, see STRATEGY."""
    _administer(server, "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", database, template)
    return server.url(database)


@contextmanager
def emptied(server: Server, template: str, database: str) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yields the address of a clone, and what empties it."""
    if isinstance(server, Cluster):

        def again() -> None:
            server.drop(database)
            clone(server, template, database)

        yield server.url(database), again
        return
    url = clone(server, template, database)
    with closing(connect_for_cleaning(server, database)) as connection:
        yield url, lambda: clean(connection)


def make_views(url: str) -> None:
    """Makes the empty tables of all views."""
    engine = writer_engine(url)
    progress_of(engine, list(PROJECTIONS.values()))
    engine.dispose()


def clean(connection: psycopg2.extensions.connection) -> None:
    """Empty every table of the connection's database, and let its sequences begin again. Views stay made, but empty."""
    with connection.cursor() as cursor:
        cursor.execute(_CLEAN)
        cursor.execute("SELECT to_regclass('views.generations') IS NOT NULL")
        if cursor.fetchone() == (True,):
            cursor.execute(_FORGET_VIEWS, {"made": tuple((each.name, each.version) for each in PROJECTIONS.values())})


def connect_for_cleaning(server: EmbeddedPostgres, database: str) -> psycopg2.extensions.connection:
    """A connection for `clean`, which gives up after ten seconds instead of waiting for a lock for ever."""
    connection = _connect(server.dsn(database))
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '10s'")
    return connection


def _administer(server: Server, statement: str, *databases: str) -> None:
    if isinstance(server, Cluster):
        server.execute(statement, *databases)
        return
    with closing(_connect(server.dsn("postgres"))) as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, databases)))


def _connect(dsn: str) -> psycopg2.extensions.connection:
    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    return connection
