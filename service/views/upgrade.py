"""Upgrades of views that an older version of the code has folded: rebuilt beside the old ones during service."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import active_children
from threading import Event, Thread

from ledger.ledger import Ledger
from ledger.log.database_errors import trouble_of
from projections.engine.candidates import Filling, RebuildUnderWay
from projections.engine.control import prepare
from projections.engine.generations import live_of_any_version
from projections.engine.processes import fold_processes
from projections.engine.projection import Projection
from projections.engine.rebuild import drop_old, rebuild
from projections.registry import PROJECTIONS

_PAUSE_S = 1.0  # while another service rebuilds the same view
_logger = logging.getLogger(__name__)


@contextmanager
def upgrading(
    ledger: Ledger, projections: Sequence[Projection] = tuple(PROJECTIONS.values()), *, trouble_pause_s: float = 5.0
) -> Iterator[Thread]:
    """Rebuilds outdated views in a thread that ends by itself or with the block.

    Leaves a view of a newer version unchanged: that service reads it. A rebuild that failed with the database begins
    again after `trouble_pause_s` seconds.
    """
    others, stop = set(active_children()), Event()
    thread = Thread(target=_rebuild_all, args=(ledger, projections, stop, trouble_pause_s), name="upgrade", daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        if thread.is_alive():
            for process in set(active_children()) - others:
                process.terminate()
        thread.join()


def _rebuild_all(ledger: Ledger, projections: Sequence[Projection], stop: Event, trouble_pause_s: float) -> None:
    for projection in projections:
        while not stop.is_set():
            try:
                if (before := _outdated(ledger, projection)) is not None:
                    _rebuild(ledger, projection, before)
                break
            except RebuildUnderWay:
                stop.wait(_PAUSE_S)
            except Exception as error:
                if not stop.is_set():
                    _logger.warning("%s could not be rebuilt: %s", projection.name, error)
                if (trouble := trouble_of(error)) is None or not trouble.retryable:
                    break
                stop.wait(trouble_pause_s)


def _outdated(ledger: Ledger, projection: Projection) -> int | None:
    """Returns the older version of the live view."""
    prepare(ledger.engine)
    with ledger.engine.connect() as connection:
        found = live_of_any_version(connection, projection)
    return found.version if found and found.version < projection.version else None


def _rebuild(ledger: Ledger, projection: Projection, before: int) -> None:
    name, version = projection.name, projection.version
    _logger.warning("%s is of version %s: it is rebuilt as version %s, and not read until then", name, before, version)
    with fold_processes() as pool:
        rebuild(ledger.engine, ledger.reader, projection, Filling(pool), accept_differences=True)
    drop_old(ledger.engine, projection)  # its rows are of an older version, which no code here can go on with
    _logger.warning("%s is of version %s now", name, version)
