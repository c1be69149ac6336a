"""One bad item planted in a file, wherever it can stand: the rest is recorded, and the item is kept with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import NamedTuple

import pytest

from service.formats.bad_file import BadFile
from service.intake.unread_rows import unread_rows
from service.partner_facts.bodies import UnreadItem
from service.partner_facts.files import RawFile
from service.partner_reports.rows import Row

LAST = date(2026, 4, 10)
NOW = datetime(2025, 5, 1, tzinfo=UTC)


class Found(NamedTuple):
    """The items that are recorded, by name, and the reasons of those that are kept raw."""

    items: list[str]
    reasons: list[str]


class Plant(NamedTuple):
    """A file with one bad value. `costs` are the items that may be missing for it. A file `of_contradiction` can be
    read, and its total is another one than that of its lines: it is refused.
    """

    where: str
    content: bytes
    costs: frozenset[str]
    of_contradiction: bool = False


@dataclass(frozen=True)
class Form:
    """A form of file, a good file of it with the names of its items, and the plants at each of its places."""

    name: str
    read: Callable[[bytes], Found]
    good: bytes
    items: tuple[str, ...]
    plants: Callable[[], Iterator[Plant]]


def recorded(rows: Iterable[Row], unread: Iterable[UnreadItem], *, system: str) -> list[str]:
    """Makes the commands of a file as an import does, and returns the reasons of the kept items."""
    kept = list(unread)
    for row in (*rows, *unread_rows(RawFile("f", b""), kept, system=system)):
        for command in row.commands:
            command.fingerprint()
    return [item.reason for item in kept]


def check(form: Form, plant: Plant) -> None:
    """Asserts that a plant costs at most its own item."""
    if plant.of_contradiction:
        with pytest.raises(BadFile, match="come"):
            form.read(plant.content)
        return
    items, reasons = form.read(plant.content)
    missing = {*form.items} - {*items}
    assert missing <= plant.costs, f"{plant.where} cost {missing}: {reasons}"
    assert all(reasons)
    assert len(items) + len(reasons) >= len(form.items) or (missing and reasons), f"{plant.where} is lost"
