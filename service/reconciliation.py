"""Everything where two accounts of the same money differ: open breaks, and what providers and banks do not mention."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from commands.recording import accounting_day
from ledger.money import Money
from projections.balances import NOW, Moment
from projections.exceptions import Exceptions, exceptions
from projections.expected_at_bank import ExpectedAtBank, not_shown_yet
from projections.psp_references import PspReferences, unsettled
from service.app import App

PROJECTIONS = (Exceptions(), ExpectedAtBank(), PspReferences())
_MANY = 10_000


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One difference: what was expected, what is there, how old it is in days, and who looks into it."""

    kind: str
    merchant: str
    reference: str
    expected: str
    actual: str
    since: date
    age_days: int
    owner: str


def mismatches(app: App, moment: Moment = NOW, *, grace_days: int = 7) -> list[Mismatch]:
    """The differences there are, or were by a day or known at an instant, the oldest first.

    A capture or refund that no report has settled, or money that no statement has shown, is one after `grace_days`.
    Raises `ViewBehind`; ValueError for an instant that has not come yet.
    """
    today = moment.as_of or accounting_day(moment.as_known_at or app.clock())
    due = today - timedelta(days=grace_days)
    found = [*_breaks(app, moment, today), *_unsettled(app, moment, today, due), *_not_shown(app, moment, today, due)]
    return sorted(found, key=lambda each: (each.since, each.kind, each.reference))


def _breaks(app: App, moment: Moment, today: date) -> Iterator[Mismatch]:
    for row in exceptions(app.views, limit=_MANY, moment=moment):
        since = accounting_day(row.opened_at)
        yield Mismatch(
            kind=row.kind,
            merchant=row.merchant,
            reference=row.break_id,
            expected=row.expected,
            actual=row.actual,
            since=since,
            age_days=(today - since).days,
            owner=row.owner,
        )


def _unsettled(app: App, moment: Moment, today: date, due: date) -> Iterator[Mismatch]:
    for each in unsettled(app.views, moment, before=due):
        yield _missing(
            "psp_line_missing", f"{each.psp} {each.reference}", each.merchant, each.amount, each.since, today
        )


def _not_shown(app: App, moment: Moment, today: date, due: date) -> Iterator[Mismatch]:
    for each in not_shown_yet(app.views, moment, before=due):
        yield _missing("bank_line_missing", each.reference, each.merchant, each.amount, each.expected_on, today)


def _missing(kind: str, reference: str, merchant: str, amount: Money, since: date, today: date) -> Mismatch:
    return Mismatch(kind, merchant, reference, str(amount), "nothing", since, (today - since).days, owner="")
