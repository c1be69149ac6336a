"""Follower of the log: threads of this process fold all views, woken by every append of any process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event, Thread

from ledger.ledger import Ledger
from projections.engine.worker import ProjectionWorkers
from projections.registry import PROJECTIONS


@contextmanager
def following(ledger: Ledger) -> Iterator[ProjectionWorkers]:
    """Follows the log with all projections until the end of the block."""
    projections = tuple(PROJECTIONS.values())
    workers = ProjectionWorkers(ledger.engine, ledger.reader, projections, observer=ledger.observer)
    stop = Event()
    bell = Thread(target=_ring, args=(ledger, workers, stop), name="bell", daemon=True)
    workers.start()
    bell.start()
    try:
        yield workers
    finally:
        stop.set()
        bell.join()
        workers.stop()


def _ring(ledger: Ledger, workers: ProjectionWorkers, stop: Event) -> None:
    with closing(ledger.listener()) as listener:
        while not stop.is_set():
            if listener.wait():
                workers.ring()
