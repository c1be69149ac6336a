"""A Citus cluster for tests: databases that exist on each of its servers.

REDLEDGER_TEST_CITUS_URL names a database of the coordinator that the workers are added to, and a superuser whom every
server lets in without a password.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import psycopg2
from psycopg2 import sql
from sqlalchemy import URL, make_url

from service.cluster.prepare import prepare_tables

VARIABLE = "REDLEDGER_TEST_CITUS_URL"
SHARDS = 4
_WORKERS = "SELECT nodename, nodeport FROM pg_dist_node WHERE groupid > 0 AND isactive ORDER BY nodeid"
_CREATE = "CREATE DATABASE {} TEMPLATE template0 LOCALE_PROVIDER builtin LOCALE 'C.UTF-8' ENCODING 'UTF8'"


class Cluster:
    """The cluster of a test run. Its databases have names of their own, and are dropped at the end."""

    def __init__(self, url: URL) -> None:
        self._url = url
        with closing(_connection(url)) as connection, connection.cursor() as cursor:
            cursor.execute(_WORKERS)
            self.servers = [url, *(url.set(host=host, port=port) for host, port in cursor.fetchall())]
        self._made = set[str]()

    @property
    def workers(self) -> Sequence[URL]:
        return self.servers[1:]

    def url(self, database: str) -> str:
        """Returns the address of the database. Makes it on each server if it does not exist."""
        if self._name(database) not in self._made:
            self.execute(_CREATE, database)
            self._join(database)
        return self._in(database).set(drivername="postgresql+psycopg2").render_as_string(hide_password=False)

    def dsn(self, database: str) -> str:
        """Returns the address for psycopg2."""
        return self._in(database).render_as_string(hide_password=False)

    def execute(self, statement: str, *databases: str) -> None:
        """Executes a statement about databases on each server, outside of them."""
        names = [self._name(each) for each in databases]
        self._on_each(sql.SQL(statement).format(*map(sql.Identifier, names)))
        self._made |= set(names)

    def disconnect(self, database: str) -> None:
        """Ends all connections to the database, on each server."""
        self._on_each(
            sql.SQL("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = {}").format(
                sql.Literal(self._name(database))
            )
        )

    def drop(self, *databases: str) -> None:
        for database in databases:
            self.execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)
            self._made.remove(self._name(database))

    def make_log(self, database: str) -> None:
        """Makes the database with the empty log of a ledger, which is not founded yet."""
        prepare_tables(self.url(database), shards=SHARDS)

    def close(self) -> None:
        for name in sorted(self._made):
            self._on_each(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _on_each(self, statement: sql.Composed) -> None:
        def on(server: URL) -> None:
            with closing(_connection(server)) as connection, connection.cursor() as cursor:
                cursor.execute(statement)

        with ThreadPoolExecutor() as pool:
            list(pool.map(on, self.servers))

    def _join(self, database: str) -> None:
        name = self._name(database)
        for server in self.servers:
            with closing(_connection(server.set(database=name))) as connection, connection.cursor() as cursor:
                cursor.execute("CREATE EXTENSION citus")
        with closing(_connection(self._in(database))) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT citus_set_coordinator_host(%s, %s)", (self._url.host, self._url.port or 5432))
            for worker in self.workers:
                cursor.execute("SELECT citus_add_node(%s, %s)", (worker.host, worker.port))

    def _in(self, database: str) -> URL:
        return self._url.set(database=self._name(database))

    @staticmethod
    def _name(database: str) -> str:
        return f"redledger_test_{os.getpid()}_{database}"


@contextmanager
def open_cluster(url: str) -> Iterator[Cluster]:
    """Yields the cluster of this address, and drops what the tests made there."""
    cluster = Cluster(make_url(url).set(drivername="postgresql"))
    try:
        yield cluster
    finally:
        cluster.close()


def _connection(url: URL) -> psycopg2.extensions.connection:
    connection = psycopg2.connect(url.render_as_string(hide_password=False))
    connection.autocommit = True
    return connection
