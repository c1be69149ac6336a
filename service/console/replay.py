"""The replay of an order: its steps and refused commands in order, and all about the step that is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ledger.journal.accounts import AVAILABLE, ON_HOLD, PAYOUTS_IN_TRANSIT, PENDING
from ledger.money import Money
from service.console.page import Page
from service.console.parts import attempted
from service.questions.pages import cursor_after

BUCKETS = {
    PENDING.code: "pending", AVAILABLE.code: "available", ON_HOLD.code: "on_hold", PAYOUTS_IN_TRANSIT.code: "in_transit"
}  # fmt: skip
_LATE = timedelta(hours=1)
_CONTRADICTION = "break.opened"
_MOST_LINES, _MOST_REFUSED, _WINDOW = 50, 200, 200


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark of the timeline: a step of the order, or a command about it that was refused.

    `late` is the time between the fact and its record if it is long, and `contradicts` says that the step opened a
    break.
    """

    step: int
    name: str
    at: datetime
    by: str
    late: timedelta | None = None
    contradicts: bool = False
    refused: str = ""


@dataclass(frozen=True, slots=True)
class BalanceChange:
    """One balance of the merchant before and after a step, as an amount that is owed to it."""

    bucket: str
    before: Money
    change: Money
    after: Money


@dataclass(frozen=True, slots=True)
class Timeline:
    """The marks around the shown step, from the `first` of all (1 is the oldest). `earlier` and `later` are the steps
    whose timelines go on where this one ends, and `cut` says that more commands were refused than `marks` has."""

    marks: Sequence[Mark]
    first: int
    of: int
    cut: bool = False
    earlier: int | None = None
    later: int | None = None

    @property
    def last(self) -> int:
        return self.first + len(self.marks) - 1


def timeline_of(page: Page, steps: Sequence[Mapping[str, Any]], order: str, step: int) -> Timeline:
    """Returns the steps with the refused commands between them, in the order in which the ledger decided."""
    found = [((step["position"], 0, 0), _mark(step)) for step in steps]
    asked = {"order": order, "until": page.times["as_known_at"], "limit": _MOST_REFUSED}
    refused, _ = attempted(lambda: page.ask("refused-commands", **asked))
    for row in refused.data if refused else ():
        mark = Mark(0, row.command, row.recorded_at, row.actor_id, refused=row.code)
        found.append(((row.position, 1, row.number), mark))
    marks = [mark for _, mark in sorted(found, key=lambda each: each[0])]
    return replace(window_of(marks, step), cut=bool(refused and refused.next))


def _mark(step: Mapping[str, Any]) -> Mark:
    waited = step["recorded_at"] - step["occurred_at"]
    late = waited if waited > _LATE else None
    return Mark(
        step["step"], step["type"], step["recorded_at"], step["actor"].get("id", ""), late,
        contradicts=step["type"] == _CONTRADICTION,
    )  # fmt: skip


def window_of(marks: Sequence[Mark], step: int) -> Timeline:
    """Returns the marks around the shown step, at most as many as a page holds well."""
    at = next((place for place, mark in enumerate(marks) if mark.step == step), 0)
    first = max(0, min(at - _WINDOW // 2, len(marks) - _WINDOW))
    end = min(first + _WINDOW, len(marks))
    before = [mark.step for mark in marks[max(0, first - _WINDOW // 2) : first] if mark.step]
    after = [mark.step for mark in marks[end : end + _WINDOW // 2] if mark.step]
    return Timeline(
        marks[first:end],
        first + 1,
        len(marks),
        earlier=before[0] if before else None,
        later=after[-1] if after else None,
    )


def balance_changes(page: Page, step: Mapping[str, Any]) -> Iterator[BalanceChange]:
    """Yields the balances of the merchants that the step's entry moved, read from the journal lines of its position."""
    merchants = {line.merchant for line in step["entry"] if line.account in BUCKETS and line.merchant}
    for merchant in sorted(merchants if page.may_ask("lines") else ()):
        cursor = cursor_after("lines", step["position"] - 1, _MOST_LINES)
        lines = page.ask("lines", merchant=merchant, after=cursor, limit=_MOST_LINES).data
        own = [line for line in lines if line.position == step["position"] and line.account in BUCKETS]
        for account in sorted({line.account for line in own}):
            moved = [line for line in own if line.account == account]
            before, after = moved[0].running - moved[0].amount, moved[-1].running
            yield BalanceChange(BUCKETS[account], -before, before - after, -after)


def buyer_page(page: Page, step: Mapping[str, Any], order: str, merchant: str, locale: str) -> tuple[Any, str]:
    """Returns the buyer's page at the instant of the step, in the buyer's language, or the reason why there is none."""
    asked = {"order": order, "merchant": merchant, "locale": locale or None, "accept_language": None}
    answer, trouble = attempted(
        lambda: page.ask("track", **asked, as_known_at=step["recorded_at"], as_of=page.times["as_of"])
    )
    return (answer.data["words"] if answer else None), trouble


def locale_of(steps: Sequence[Mapping[str, Any]]) -> str:
    """Returns the locale in which the buyer ordered, or an empty text."""
    lines: Sequence[Mapping[str, Any]] = next(
        (step["event"]["lines"] for step in steps if step["type"] == "order.placed"), []
    )
    return next((str(line["locale"]) for line in lines if line.get("locale")), "")
