"""Workers that follow the log and keep the live views at its heads: together, or each in its own thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic

from sqlalchemy import Engine

from ledger.log.observer import UNOBSERVED, Observer
from ledger.log.sequence import OutOfSequence
from projections.engine.checkpoints import Checkpoint
from projections.engine.completeness import CompletenessAudit, check_digest
from projections.engine.fold import LARGEST, SMALLEST, Log, step
from projections.engine.generations import Generation, ViewOutdated
from projections.engine.lockstep import LockstepRunner, Round
from projections.engine.parking import parking_versions
from projections.engine.progress import GenerationProgress, progress
from projections.engine.projection import Projection
from projections.engine.refold import refold

POLL_S = 1.0  # the log is read at least this often, because a wake-up may be lost
AUDIT_S = 60.0  # between two audits of completeness
_RETRY_S = (0.1, 0.5, 1.0, 5.0)  # pauses after database trouble; the last one repeats

_logger = logging.getLogger(__name__)


class ProjectionWorker:
    """Keeps one projection at the heads of its books. Any number of workers may run, in any process.

    A stopped book is tried again by every new worker (so a restart with corrected code continues), and when its parked
    events change. A book with database trouble pauses; the other books continue.
    """

    def __init__(
        self,
        engine: Engine,
        log: Log,
        projection: Projection,
        *,
        observer: Observer = UNOBSERVED,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._observer = observer
        self._engine = engine
        self._log = log
        self._projection = projection
        self._clock = clock
        # generation and book → the version of its parking stream at the stop
        self._given_up: dict[tuple[int, int], int] = {}
        self._resting: dict[int, _Rest] = {}  # by book
        self._sizes: dict[int, int] = {}
        self._noted = ""
        self.name = projection.name

    @property
    def trouble(self) -> str:
        """The reason why it does not follow now, with the books; '' if it follows."""
        of_books = [f"book {book}: {rest.reason}" for book, rest in sorted(self._resting.items())]
        return "; ".join([self._noted] * bool(self._noted) + of_books)

    def run(self, stop: Event, wakeup: Callable[[float], object]) -> None:
        """Follows the log until `stop` is set. `wakeup(seconds)` waits for a wake-up, at most that long."""
        failures = 0
        while not stop.is_set():
            try:
                self._go_round(stop)
                failures, self._noted = 0, ""
            except Exception as error:
                self._note(error)
                stop.wait(POLL_S if isinstance(error, ViewOutdated) else _pause_s(failures))
                failures += 1
            else:
                wakeup(POLL_S)

    def _note(self, error: Exception) -> None:
        reason = _words(error)
        if reason != self._noted:  # logged once, not at every try
            _logger.warning("projection %s waits: %s", self.name, reason, extra={"view": self.name})
        self._noted = reason

    def catch_up(self, stop: Event | None = None) -> None:
        """Folds all events recorded so far, in every book that can be folded.

        Raises the first book's database error, after all other books are done.
        """
        for error in self._go_round(stop):
            raise error

    def _go_round(self, stop: Event | None) -> list[Exception]:
        """Folds step by step, each book in turn, so that no book waits for another. Returns the errors."""
        heads = self._log.heads_at_hand()
        known = progress(self._engine, self._projection, heads)
        generation, checkpoints = known.generation, known.checkpoints
        self._reconsider(generation, checkpoints)
        behind = [book for book, head in heads.items() if self._is_behind(generation, checkpoints.get(book), head)]
        behind = [book for book in behind if not self._rests(book) and self._may_continue(known, book)]
        errors = list[Exception]()
        while behind and not (stop and stop.is_set()):
            behind = [book for book in behind if self._advance_alone(generation, book, errors)]
        return errors

    def _advance_alone(self, generation: Generation, book: int, errors: list[Exception]) -> bool:
        """Takes one step; an error makes this book pause. Returns True if there may be more to fold."""
        try:
            more = self._advance(generation, book)
        except Exception as error:
            errors.append(error)
            failures = self._resting[book].failures + 1 if book in self._resting else 0
            if not failures:
                about = {"view": self.name, "book": book}
                _logger.warning("projection %s waits in book %s: %s", self.name, book, _words(error), extra=about)
            self._resting[book] = _Rest(failures, self._clock() + _pause_s(failures), _words(error))
            return False
        self._resting.pop(book, None)
        return more

    def _may_continue(self, known: GenerationProgress, book: int) -> bool:
        """True unless the book has stopped at a checkpoint that differs from the log. Only a rebuild helps there."""
        checkpoint = known.checkpoints.get(book)
        if checkpoint is None or checkpoint.status != "stopped":
            return True
        try:
            check_digest(self._engine, checkpoint)
        except OutOfSequence:
            self._given_up[known.generation.number, book] = parking_versions(self._engine, [book]).get(book, 0)
            return False
        return True

    def _rests(self, book: int) -> bool:
        return book in self._resting and self._clock() < self._resting[book].until

    def _reconsider(self, generation: Generation, checkpoints: Mapping[int, Checkpoint]) -> None:
        """Forgets stops of books whose parked events have changed, so that they are tried again."""
        books = [book for book in checkpoints if (generation.number, book) in self._given_up]
        versions = parking_versions(self._engine, books) if books else {}
        for book in books:
            if versions.get(book, 0) != self._given_up[generation.number, book]:
                del self._given_up[generation.number, book]

    def _is_behind(self, generation: Generation, known: Checkpoint | None, head: int) -> bool:
        if known is None:
            return head > 0
        if known.status == "stopped" and (generation.number, known.book) in self._given_up:
            return False
        return known.position < head

    def _advance(self, generation: Generation, book: int) -> bool:
        """Takes one step. Returns True if there may be more to fold."""
        size, started = self._sizes.get(book, SMALLEST), monotonic()
        done = step(self._engine, generation, book, size=size)
        if done.again:
            done = refold(self._engine, generation, book)
        if done.checkpoint is None:
            return False  # another worker holds it; tried again at the next wake-up
        if done.checkpoint.status == "stopped" and done.read == 0:
            self._given_up[generation.number, book] = done.parking
            if (broken := done.out_of_sequence) is not None:
                self._observer.out_of_sequence(self.name, skipped=broken.skipped, repeated=broken.repeated)
            _log_stop(self.name, done.checkpoint)
            return False
        if done.events:
            self._observer.folded([self.name], done.events, seconds=monotonic() - started)
        full = done.read == size
        self._sizes[book] = min(2 * size, LARGEST) if full else SMALLEST
        return done.read > 0


@dataclass(frozen=True, slots=True)
class _Rest:
    """The pause of a book until an instant of the worker's clock, after this number of failures."""

    failures: int
    until: float
    reason: str


def _log_stop(view: str, stopped: Checkpoint) -> None:
    about = {"view": view, "book": stopped.book, "position": stopped.position}
    _logger.error("projection %s stops in book %s at %s", view, stopped.book, stopped.reason, extra=about)


def _pause_s(failures: int) -> float:
    return _RETRY_S[min(failures, len(_RETRY_S) - 1)]


def _words(error: Exception) -> str:
    return " ".join(str(getattr(error, "orig", None) or error).split())


class ProjectionWorkers:
    """All projections of a process: one lockstep runner, a thread for each that cannot go with it, and the audit."""

    def __init__(
        self, engine: Engine, log: Log, projections: Sequence[Projection], *, observer: Observer = UNOBSERVED
    ) -> None:
        self._workers = [ProjectionWorker(engine, log, projection, observer=observer) for projection in projections]
        self._audit = CompletenessAudit(engine, projections, observer=observer)
        self._lockstep_runner = LockstepRunner(engine, log, projections, observer=observer)
        self._bells = {worker.name: Event() for worker in self._workers}
        self._news = Event()
        self._stop = Event()
        self._threads: list[Thread] = []

    def start(self) -> None:
        self._threads = [
            Thread(target=self._lead, name="lockstep", daemon=True),
            Thread(target=self._audit_rarely, name="completeness", daemon=True),
        ]
        for worker in self._workers:
            wakeup = _rung(self._bells[worker.name])
            self._threads.append(Thread(target=worker.run, args=(self._stop, wakeup), name="projection", daemon=True))
        for thread in self._threads:
            thread.start()

    def ring(self) -> None:
        """Wakes the workers. The listener calls it when the log has new events."""
        self._news.set()

    def _lead(self) -> None:
        while not self._stop.is_set():
            left, is_under_way = _round(self._lockstep_runner, self._bells)
            for name in left:
                self._bells[name].set()
            if not is_under_way:
                self._news.wait(POLL_S)
                self._news.clear()

    def _audit_rarely(self) -> None:
        while not self._stop.wait(AUDIT_S):
            try:
                stopped = self._audit.check()
            except Exception:  # the database is in trouble; the next audit looks again
                _logger.warning("the views could not be compared with the log", exc_info=True)
                continue
            for generation, checkpoint in stopped:
                _log_stop(generation.name, checkpoint)

    def stop(self) -> None:
        """Ends each worker after its current step."""
        self._stop.set()
        self.ring()
        for bell in self._bells.values():
            bell.set()
        for thread in self._threads:
            thread.join()

    @property
    def troubles(self) -> dict[str, str]:
        """The reasons why projections do not follow now, by name; empty if all follow."""
        return {worker.name: worker.trouble for worker in self._workers if worker.trouble}


def catch_up(engine: Engine, log: Log, projections: Sequence[Projection]) -> None:
    """Folds all events recorded so far: together, and each projection alone that cannot go with the others.

    Raises the first error of a projection's own worker.
    """
    workers = {projection.name: ProjectionWorker(engine, log, projection) for projection in projections}
    done = Round(set(workers), is_under_way=len(workers) > 1)
    while done.is_under_way:
        done = _round(LockstepRunner(engine, log, projections), workers)
    for name, worker in workers.items():
        if name in done.left:
            worker.catch_up()


def _round(lockstep_runner: LockstepRunner, names: Iterable[str]) -> Round:
    try:
        return lockstep_runner.follow()
    except Exception:  # the projection's own worker finds the cause
        return Round(set(names), is_under_way=False)


def _rung(bell: Event) -> Callable[[float], object]:
    """Returns a wait for the lockstep runner, which reads the log often enough for all workers."""

    def wakeup(_: float) -> None:
        bell.wait()
        bell.clear()

    return wakeup
