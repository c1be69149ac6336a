"""Opens the database: the embedded server of the data folder, or the server that the settings name."""

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
    """Yields the address of the database, which accepts connections until the context ends.

    Without `create`, a data folder must hold a ledger: a wrong path must not create an empty one. Raises
    `ServiceFailure` and `EmbeddedPostgresError`.
    """
    if settings.server is not None:
        yield settings.server.render_as_string(hide_password=False)
        return
    if not create and not (settings.data_dir / "postgres").exists():
        raise ServiceFailure(
            f"There is no ledger in {settings.data_dir.resolve()}. Start one with `redledger up` or"
            " `redledger record`, or name another folder with --data-dir."
        )
    with EmbeddedPostgres(settings.data_dir, settings=_SERVER) as server:
        yield server.url(DATABASE)


@contextmanager
def kept_running(settings: Settings) -> Iterator[Watch | None]:
    """Restarts the embedded server whenever it ends within the block. Yields its watch.

    Yields None for an external server: its operator restarts it, and the connections are made again.
    """
    if settings.server is not None:
        yield None
        return
    with EmbeddedPostgres(settings.data_dir, settings=_SERVER) as server, Watch(server) as watch:
        yield watch
