"""Simulates people who work on breaks: each break is assigned to one of two, and some are closed with an
explanation.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from hashlib import sha256

from ledger.ids import UNMATCHED
from projections.worklists.exceptions import ExceptionRow, Exceptions, exceptions
from service.app import App
from service.demo.simulator.step import CONTROLLER, FINANCE, SERVICE_DESK, Act, Step
from service.demo.simulator.world import World

_DAYS = (16, 33, 47, 61)
_OWNERS = (FINANCE.id, SERVICE_DESK.id)
_EXPLAINED = ("timing_difference", "partner_corrected", "accepted")
_SETTLED_FIRST = "psp_line_extra"  # the ledger closes it by itself once the settled item is reported
_MANY = 10_000


def desk_acts(world: World) -> Iterator[Act]:
    """Yields the assignment of all new breaks, every second week."""
    for since, day in zip((-1, *_DAYS), _DAYS, strict=False):
        yield Act(world.day(day, hour=8), f"sim{world.seed}.desk.{day}", partial(_worked, world, since, day))


def _worked(world: World, since: int, day: int, app: App) -> Iterator[Step]:
    app.catch_up([Exceptions()])
    first, last = world.day(since, hour=8), world.day(day, hour=8)
    for row in exceptions(app.views, status=None, limit=_MANY):
        if first < row.opened_at <= last and row.kind != UNMATCHED:
            yield from _looked_into(row, last)


def _looked_into(row: ExceptionRow, at: datetime) -> Iterator[Step]:
    """Yields the steps of a break. They follow from its name, so that a repetition is the same."""
    chance = int(sha256(f"{row.stream} {row.break_id}".encode()).hexdigest(), 16)
    name = {"in_stream": row.stream, "break_id": row.break_id}
    step_id = f"desk-{chance:x}"[:40]
    yield Step(at, f"{step_id}.1", "assign_break", CONTROLLER, {**name, "owner": _OWNERS[chance % 2]})
    if chance % 5 < 2 and row.kind != _SETTLED_FIRST:
        why = {"resolution": _EXPLAINED[chance % 3], "reason": "Both sides were compared; the difference is explained."}
        yield Step(at, f"{step_id}.2", "resolve_break", CONTROLLER, {**name, **why})
