"""A run of kills: each work in turn, killed at a seeded random moment, begun again, finished."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass
from threading import Event

from tests.kills.bench import PATIENCE_S, LedgerUnderTest
from tests.kills.clients import desk_at_work
from tests.kills.works import LostServer, Work
from tests.support.services import Running, until

_EARLIEST, _LATEST = 0.02, 0.7  # of what can be seen of the work: later it may end before the kill
_SPREAD_S = 0.1  # more time before the kill, so that it does not always meet the moment after a commit
_TRIES = 8  # of a work that was done before it could be killed


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill: what, when, what was done by then, and how long until more was done."""

    number: int
    what: str
    after_s: float
    done: int
    whole: int
    beside: bool
    went_on_s: float

    def __str__(self) -> str:
        beside = ", a desk recording beside it" if self.beside else ""
        return (
            f"kill {self.number:>2}: {self.what}, {self.after_s:.2f} s after its start,"
            f" at {self.done:,} of {self.whole:,}{beside}; work went on after {self.went_on_s:.2f} s"
        )


def kill_once(bench: LedgerUnderTest, number: int, kind: type[Work]) -> Kill:
    """One work, killed on its way and finished by another process."""
    for attempt in range(_TRIES):
        tag = f"{number}t{attempt}"
        work = kind(bench, f"k{tag}")
        beside = bench.random.random() < 0.5 or kind is LostServer
        with desk_at_work(bench, f"d{tag}") if beside else nullcontext():
            kill = _killed(bench, number, work, beside=beside)
        if kill is not None:
            return kill
    raise AssertionError(f"{kind.name} was done before it could be killed, {_TRIES} times")


def _killed(bench: LedgerUnderTest, number: int, work: Work, *, beside: bool) -> Kill | None:
    """The kill, with the work finished after it; None where the process had ended before."""
    began, running = time.monotonic(), work.start()
    wait_for_kill_point(bench, work, running)
    if running.process.returncode is not None:
        work.finish(running)
        return None
    done, killed_at = work.done(), time.monotonic()
    work.kill(running)
    done = max(done, work.done())  # what was committed between the look and the kill is not going on
    again = work.start()
    until(
        lambda: work.done() > done or again.process.returncode is not None,
        what=f"{work.name} to go on",
        patience_s=PATIENCE_S,
    )
    went_on_s = time.monotonic() - killed_at
    work.finish(again)
    return Kill(number, work.name, killed_at - began, done, work.whole, beside, went_on_s)


def wait_for_kill_point(bench: LedgerUnderTest, work: Work, running: Running) -> None:
    """Return at the moment of the kill: a seeded part of the work is done, and a seeded time has passed since."""
    part = max(1, round(bench.random.uniform(_EARLIEST, _LATEST) * work.whole))
    spread_s = bench.random.uniform(0, _SPREAD_S)
    until(
        lambda: work.done() >= part or running.process.returncode is not None,
        what=f"{work.name} to be under way",
        patience_s=PATIENCE_S,
    )
    Event().wait(spread_s)
