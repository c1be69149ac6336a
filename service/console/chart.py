"""A chart of amounts by day, drawn on the server: each line has a pattern and a name, so nobody needs its colour."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from math import ceil, floor

from ledger.money import Money

WIDTH, HEIGHT = 720, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 78, 12, 12, 34
_TICKS = 5
_STEPS = (1, 2, 5)  # of the scale, times a power of ten


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of a scale: its place, and the text beside it."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart: its name, its last value, and its path. Each value holds until the next day that has one."""

    label: str
    last: str
    path: str


@dataclass(frozen=True, slots=True)
class Band:
    """The place of one day, and all its values as a text."""

    at: float
    width: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as the template draws it. `words` says what it shows to whom does not see it."""

    title: str
    words: str
    lines: tuple[Line, ...]
    amounts: tuple[Tick, ...]
    days: tuple[Tick, ...]
    bands: tuple[Band, ...]
    zero: float
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    top: float = _TOP
    bottom: float = HEIGHT - _BOTTOM
    width: float = WIDTH
    height: float = HEIGHT


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a chart in the language of its page: of an amount, of an amount in few letters, and of a day."""

    amount: Callable[[Money], str]
    short: Callable[[Decimal], str]
    day: Callable[[date], str]


def chart_of(
    title: str, values: Mapping[str, Sequence[Money]], days: Sequence[date], end: date, texts: Texts
) -> Chart | None:
    """Returns the chart of these values, each line by its label with a value for each of the days, up to the day `end`;
    None for less than two days, which make no line."""
    if not days or days[0] >= end:
        return None
    across = _scale_of_days(days[0], end)
    marks = _marks([each.decimal for line in values.values() for each in line])
    up = _scale(float(marks[0]), float(marks[-1]), HEIGHT - _BOTTOM, _TOP)
    places = list(map(across, days))
    lines = tuple(
        Line(label, texts.amount(line[-1]), _path(places, [up(float(each.decimal)) for each in line], across(end)))
        for label, line in values.items()
    )
    ends = [*days[1:], end + timedelta(days=1)]
    bands = tuple(
        Band(across(day), across(min(until, end)) - across(day), _words(texts, values, day, at))
        for at, (day, until) in enumerate(zip(days, ends, strict=True))
    )
    return Chart(
        title,
        f"{texts.day(days[0])} – {texts.day(end)}. {_words(texts, values, end, -1)}",
        lines,
        tuple(Tick(up(float(each)), texts.short(each)) for each in marks),
        _ticks_of_days(days[0], end, across, texts),
        tuple(each for each in bands if each.width > 0),
        up(0.0),
    )


def _words(texts: Texts, values: Mapping[str, Sequence[Money]], day: date, at: int) -> str:
    said = ", ".join(f"{label} {texts.amount(line[at])}" for label, line in values.items())
    return f"{texts.day(day)}: {said}"


def _path(places: Sequence[float], heights: Sequence[float], end: float) -> str:
    """Returns the steps through the points, as far as the place `end`. A step of no height is left out."""
    steps = zip(places[1:], pairwise(heights), strict=True)
    moves = [f"H{place:g}V{after:g}" for place, (before, after) in steps if before != after]
    return "".join([f"M{places[0]:g} {heights[0]:g}", *moves, f"H{end:g}"])


def _scale(least: float, most: float, low: float, high: float) -> Callable[[float], float]:
    return lambda value: round(low + (value - least) / (most - least) * (high - low), 1)


def _scale_of_days(first: date, last: date) -> Callable[[date], float]:
    across = _scale(first.toordinal(), last.toordinal(), _LEFT, WIDTH - _RIGHT)
    return lambda day: across(day.toordinal())


def _marks(values: Sequence[Decimal]) -> list[Decimal]:
    """Returns round amounts at equal distances, from below the least value to above the greatest, with zero."""
    least, most = min(*values, Decimal(0)), max(*values, Decimal(0))
    rough = (most - least) / _TICKS or Decimal(1)
    power = Decimal(10) ** rough.adjusted()
    step = next((each * power for each in _STEPS if each * power >= rough), 10 * power)
    low, high = floor(least / step), ceil(most / step)
    return [step * each for each in range(low, max(high, low + 1) + 1)]


def _ticks_of_days(first: date, last: date, across: Callable[[date], float], texts: Texts) -> tuple[Tick, ...]:
    distance = (last - first).days
    number = min(3, distance)
    days = [first + timedelta(days=distance * each // number) for each in range(number + 1)]
    return tuple(Tick(across(day), texts.day(day)) for day in days)
