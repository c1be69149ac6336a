"""Workers: follow the log and keep the live views at its heads, together where they can, else a thread a projection."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from threading import Event, Thread

from sqlalchemy import Engine

from projections.engine.checkpoints import Checkpoint
from projections.engine.fold import LARGEST, SMALLEST, Log, step
from projections.engine.generations import Generation, ViewOutdated
from projections.engine.standing import standing
from projections.engine.together import Convoy
from projections.projection import Projection

POLL_S = 1.0  # a wake-up may be lost; the log is read at least this often
_RETRY_S = (0.1, 0.5, 1.0, 5.0)  # after trouble with the database, the last one again and again

_logger = logging.getLogger(__name__)


class ProjectionWorker:
    """Keeps one projection at the heads of its books. Any number of workers may run, in any process.

    A book that stopped is tried again once by every new worker: after the code was put right, a restart goes on.
    """

    def __init__(self, engine: Engine, log: Log, projection: Projection) -> None:
        self._engine = engine
        self._log = log
        self._projection = projection
        self._given_up: set[tuple[int, int]] = set()  # generation and book
        self._sizes: dict[int, int] = {}
        self.name = projection.name
        self.trouble = ""  # why it does not follow at the moment, empty while it does

    def run(self, stop: Event, news: Callable[[float], object]) -> None:
        """Follow until `stop` is set. `news(seconds)` waits for a wake-up, that long at most."""
        failures = 0
        while not stop.is_set():
            try:
                self.catch_up(stop)
                failures, self.trouble = 0, ""
            except Exception as error:
                self._note(error)
                stop.wait(POLL_S if isinstance(error, ViewOutdated) else _RETRY_S[min(failures, len(_RETRY_S) - 1)])
                failures += 1
            else:
                news(POLL_S)

    def _note(self, error: Exception) -> None:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        if reason != self.trouble:  # once, not at every try
            _logger.warning("the projection %s waits: %s", self.name, reason)
        self.trouble = reason

    def catch_up(self, stop: Event | None = None) -> None:
        """Fold what the log holds by now, book by book in turn, so that no book waits for another one's backlog."""
        known = standing(self._engine, self._projection)
        generation, checkpoints = known.generation, known.checkpoints
        behind = [
            book for book, head in self._log.heads().items() if self._is_behind(generation, checkpoints.get(book), head)
        ]
        while behind and not (stop and stop.is_set()):
            behind = [book for book in behind if self._advance(generation, book)]

    def _is_behind(self, generation: Generation, known: Checkpoint | None, head: int) -> bool:
        if known is None:
            return head > 0
        if known.status == "stopped" and (generation.number, known.book) in self._given_up:
            return False
        return known.position < head

    def _advance(self, generation: Generation, book: int) -> bool:
        """One step; whether there may be more to do."""
        size = self._sizes.get(book, SMALLEST)
        done = step(self._engine, generation, book, size=size)
        if done.checkpoint is None:
            return False  # somebody else is on it; looked at again at the next wake-up
        if done.checkpoint.status == "stopped" and done.read == 0:
            self._given_up.add((generation.number, book))
            _logger.error("%s stops in book %s at %s", self._projection.name, book, done.checkpoint.reason)
            return False
        full = done.read == size
        self._sizes[book] = min(2 * size, LARGEST) if full else SMALLEST
        return done.read > 0


class ProjectionWorkers:
    """All projections of a process: a convoy at the heads, and a thread each for what cannot go with it."""

    def __init__(self, engine: Engine, log: Log, projections: Sequence[Projection]) -> None:
        self._workers = [ProjectionWorker(engine, log, projection) for projection in projections]
        self._convoy = Convoy(engine, log, projections)
        self._bells = {worker.name: Event() for worker in self._workers}
        self._news = Event()
        self._stop = Event()
        self._threads: list[Thread] = []

    def start(self) -> None:
        self._threads = [Thread(target=self._lead, name="convoy", daemon=True)]
        for worker in self._workers:
            news = _rung(self._bells[worker.name])
            self._threads.append(Thread(target=worker.run, args=(self._stop, news), name="projection", daemon=True))
        for thread in self._threads:
            thread.start()

    def ring(self) -> None:
        """There is news in the log: call this from whoever listens."""
        self._news.set()

    def _lead(self) -> None:
        while not self._stop.is_set():
            try:
                left = self._convoy.follow()
            except Exception:  # whose fault it is, and whether it is the database's, its own worker finds out
                left = set(self._bells)
            for name in left:
                self._bells[name].set()
            self._news.wait(POLL_S)
            self._news.clear()

    def stop(self) -> None:
        """Ends after the step that each worker is in."""
        self._stop.set()
        self.ring()
        for bell in self._bells.values():
            bell.set()
        for thread in self._threads:
            thread.join()

    @property
    def troubles(self) -> dict[str, str]:
        """Why projections do not follow at the moment, by name; empty while all do."""
        return {worker.name: worker.trouble for worker in self._workers if worker.trouble}


def _rung(bell: Event) -> Callable[[float], object]:
    """Waits for the convoy, which looks at the log often enough for all."""

    def news(_: float) -> None:
        bell.wait()
        bell.clear()

    return news
