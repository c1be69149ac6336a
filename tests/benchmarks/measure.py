"""Measurement of a figure: several rounds in turn, rates per second, medians, and ratios round by round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from threading import Barrier, Thread
from time import perf_counter
from typing import Any

from tests.support.programs import FORKS


@dataclass
class Figure:
    """One line of the table: what was measured, its yardstick and the aim as a ratio or an absolute rate."""

    name: str
    unit: str = "/s"
    beside: str = ""
    aim: str = ""
    samples: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return median(self.samples)

    def ratio_to(self, other: Figure) -> float:
        """The median of the ratios of the same rounds: it holds when the machine's speed drifts."""
        return median(a / b for a, b in zip(self.samples, other.samples, strict=True))


@dataclass
class Table:
    """The figures of one run, printed as they stand beside each other."""

    figures: dict[str, Figure] = field(default_factory=dict)

    def figure(self, name: str, *, unit: str = "/s", beside: str = "", aim: str = "") -> Figure:
        return self.figures.setdefault(name, Figure(name, unit, beside, aim))

    def lines(self) -> list[str]:
        rows = [("figure", "median", "min … max", "ratio", "beside", "aim")]
        for figure in self.figures.values():
            beside = self.figures.get(figure.beside)
            ratio = f"{figure.ratio_to(beside):.2f}" if beside else ""
            rows.append(
                (
                    figure.name,
                    f"{_shown(figure.median)} {figure.unit}",
                    f"{_shown(min(figure.samples))} … {_shown(max(figure.samples))}",
                    ratio,
                    figure.beside,
                    figure.aim,
                )
            )
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _shown(value: float) -> str:
    return f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def percentile(samples: Sequence[float], percent: int) -> float:
    """The sample that so many percent of the others do not exceed."""
    return sorted(samples)[min(len(samples) * percent // 100, len(samples) - 1)]


def rate(count: int, work: Callable[[], object]) -> float:
    """`count` per second of what `work` does."""
    started = perf_counter()
    work()
    return count / (perf_counter() - started)


def rate_of_threads(count: int, threads: int, work: Callable[[int, int], object]) -> float:
    """`count` per second, shared among threads that start together; `work(thread, its count)`."""
    gate = Barrier(threads + 1)

    def run(number: int) -> None:
        gate.wait()
        work(number, count // threads)

    running = [Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    gate.wait()
    started = perf_counter()
    for thread in running:
        thread.join()
    return count / (perf_counter() - started)


def rate_of_processes(count: int, arguments: Sequence[Any], work: Callable[..., None]) -> float:
    """`count` per second, shared among fresh processes; `work(gate, argument, its count)`.

    Each passes the gate once when it is warm and once when it is done: neither starting nor ending it counts.
    """
    gate = FORKS.Barrier(len(arguments) + 1)
    share = count // len(arguments)
    running = [FORKS.Process(target=_at_the_gate, args=(work, gate, argument, share)) for argument in arguments]
    for process in running:
        process.start()
    gate.wait()
    started = perf_counter()
    gate.wait()
    seconds = perf_counter() - started
    for process in running:
        process.join()
    assert all(process.exitcode == 0 for process in running), "a benchmark process failed"
    return count / seconds


def _at_the_gate(work: Callable[..., None], gate: Any, argument: Any, share: int) -> None:
    try:
        work(gate, argument, share)
    except BaseException:
        gate.abort()  # or everybody else would wait for ever
        raise
