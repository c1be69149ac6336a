"""A primary and a synchronous standby, each an embedded server in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2

from service.embedded import EmbeddedPostgres
from service.embedded.account import Account
from tests.support.postgres import QUICK, memory_folder, open_folder
from tests.support.services import is_alive, until

DATABASE = "books"
# A commit waits until the standby has applied it. Neither server waits for its disk: only one of them is killed.
_SETTINGS = QUICK | {"synchronous_commit": "remote_apply", "hot_standby_feedback": "on"}
_SYNCHRONOUS = "ALTER SYSTEM SET synchronous_standby_names = '*'"
_COPYING = ("--write-recovery-conf", "--checkpoint=fast", "--no-sync")
_FOLLOWS = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"


@dataclass
class Pair:
    """The two servers. `url` names both; a client is connected to whichever takes writes."""

    primary: EmbeddedPostgres
    standby: EmbeddedPostgres

    @property
    def url(self) -> str:
        hosts = "&".join(f"host={quote(str(each.socket_dir))}" for each in (self.primary, self.standby))
        return f"postgresql+psycopg2://redledger@/{DATABASE}?{hosts}&target_session_attrs=read-write"

    def kill_primary(self) -> None:
        """Kills the primary's postmaster with SIGKILL. Its processes end by themselves."""
        os.kill(self.primary.pid, signal.SIGKILL)
        until(lambda: not is_alive(self.primary.pid), what="the primary to end")

    def promote(self) -> None:
        _ask(self.standby, "SELECT pg_promote(true, 60)")


@contextmanager
def open_pair() -> Iterator[Pair]:
    """Starts a primary and its synchronous standby; they are thrown away at the end."""
    with open_folder(memory_folder()) as folder:
        started: list[EmbeddedPostgres] = []
        try:
            primary = _started(folder / "a", started)
            primary.url(DATABASE)
            _copy(primary, folder / "b")
            standby = _started(folder / "b", started)
            _ask(primary, _SYNCHRONOUS)
            _ask(primary, "SELECT pg_reload_conf()")
            until(lambda: _ask(primary, _FOLLOWS) == 1, what="the standby to follow")
            yield Pair(primary, standby)
        finally:
            for server in started:
                sheltered = (server.data_dir / "postgres").resolve()
                server.stop()
                shutil.rmtree(sheltered, ignore_errors=True)


def _started(folder: Path, started: list[EmbeddedPostgres]) -> EmbeddedPostgres:
    server = EmbeddedPostgres(folder, settings=_SETTINGS)
    started.append(server)
    return server.start()


def _copy(primary: EmbeddedPostgres, folder: Path) -> None:
    """Makes the cluster of a standby in the data folder, before its server starts there."""
    source = (primary.data_dir / "postgres").resolve()
    home = folder / "postgres"
    home.mkdir(parents=True)
    for each in (folder, home):
        shutil.copystat(source, each)
        os.chown(each, source.stat().st_uid, source.stat().st_gid)
    program, place = str(primary.bin_dir / "pg_basebackup"), f"--pgdata={home / 'cluster'}"
    copied = Account.for_data_in(home).run(
        [program, f"--host={primary.socket_dir}", "--username=redledger", place, *_COPYING]
    )
    assert copied.returncode == 0, copied.stdout


def _ask(server: EmbeddedPostgres, statement: str) -> Any:
    with closing(psycopg2.connect(server.dsn("postgres"))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None  # type: ignore[index]
