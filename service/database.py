"""Where the books are kept: the embedded server of the data folder, or the server that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from service.embedded import EmbeddedPostgres, Watch
from service.failures import ServiceFailure
from service.settings import Settings

DATABASE = "redledger"
_SERVER = {"max_connections": "200", "wal_compression": "on", "max_wal_size": "2GB"}


@contextmanager
def open_database(settings: Settings, *, create: bool) -> Iterator[str]:
    """The address of the database, which answers as long as the context lasts.

    Unless `create`, a data folder without a ledger is a mistake in the command, not the wish for an empty ledger.
    Raises `ServiceFailure`, `EmbeddedPostgresError`.
    """
    if settings.server is not None:
        yield settings.server.render_as_string(hide_password=False)
        return
    if not create and not (settings.data_dir / "postgres").exists():
        raise ServiceFailure(
            f"There is no ledger in {settings.data_dir.resolve()}: `redledger up` or `redledger record` begins one,"
            " --data-dir names another folder."
        )
    with EmbeddedPostgres(settings.data_dir, settings=_SERVER) as server:
        yield server.url(DATABASE)


@contextmanager
def kept_running(settings: Settings) -> Iterator[Watch | None]:
    """Starts the embedded server again whenever it ends within the block. None for a server of one's own: whoever runs
    it starts it again, and the connections are made anew."""
    if settings.server is not None:
        yield None
        return
    with EmbeddedPostgres(settings.data_dir, settings=_SERVER) as server, Watch(server) as watch:
        yield watch
