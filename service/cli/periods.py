"""Accounting periods: `close-period`, `reopen-period`, `revalue`, and `periods`, which shows them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Annotated

import typer
from pydantic import ValidationError

from ledger.instants import read_month
from ledger.who import Actor
from service.app import open_app
from service.cli.moments import AsKnownAt, instant_of
from service.cli.options import Format, FormatOption, takes_settings
from service.cli.output import show, stderr
from service.cli.reading import reading
from service.failures import ServiceFailure, accepted
from service.period_close import PeriodClose
from service.periods import PeriodChange
from service.periods import periods as read_periods
from service.revaluation import revalue as do_revalue
from service.settings import Settings


def _month(text: str) -> str:
    try:
        return read_month(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a month such as 2025-03") from None


Month = Annotated[str, typer.Argument(metavar="PERIOD", help="A month, as in 2025-03.", callback=_month)]
ProposedBy = Annotated[str, typer.Option("--proposed-by", metavar="ID", help="Who proposed it.")]
ApprovedBy = Annotated[str, typer.Option("--approved-by", metavar="ID", help="Who approves it: somebody else.")]


@takes_settings()
def close_period(settings: Settings, period: Month, proposed_by: ProposedBy, approved_by: ApprovedBy) -> None:
    """Close a month: nothing is posted to its days any more, and the hash of its trial balance is kept.

    Safe to run again where it was cut off.
    """
    with open_app(settings) as app, well_formed():
        closing = PeriodClose(app.ledger, app.bus)
        outcome = accepted(closing.close(period, proposer=proposed_by, approver=_finance(approved_by)))
        stderr().print(f"{period} is closed (book {outcome.book}, position {outcome.last}).")


@takes_settings()
def reopen_period(
    settings: Settings,
    period: Month,
    reason: Annotated[str, typer.Option(metavar="WORD", help="Why, in one word, as in late_invoice.")],
    proposed_by: ProposedBy,
    approved_by: ApprovedBy,
) -> None:
    """Reopen the last closed month, in every book. Safe to run again where it was cut off."""
    with open_app(settings) as app, well_formed():
        closing = PeriodClose(app.ledger, app.bus)
        approver = _finance(approved_by)
        accepted(closing.reopen(period, reason=reason, proposer=proposed_by, approver=approver))
        stderr().print(f"{period} takes postings again.")


@takes_settings()
def revalue(
    settings: Settings,
    period: Month,
    by: Annotated[str, typer.Option("--by", metavar="ID", help="Who asks for it.")],
) -> None:
    """Revalue foreign balances at the rates of the month's last day, and take it back on the next day."""
    with open_app(settings) as app, well_formed():
        outcome = accepted(do_revalue(app, period, actor=_finance(by)))
        said = (
            f"recorded in book {outcome.book} up to position {outcome.last}" if outcome.last else "nothing to revalue"
        )
        stderr().print(f"{period}: {said}.")


@takes_settings()
def periods(settings: Settings, as_known_at: AsKnownAt = None, format: FormatOption = Format.TABLE) -> None:
    """Which months were closed and reopened, when and by whom, and the hash of each closing."""
    with reading(settings) as app:
        found = read_periods(app, as_known_at=instant_of(as_known_at))
    names = tuple(field.name for field in fields(PeriodChange) if field.name != "positions" or format is Format.JSON)
    rows = [{name: getattr(change, name) for name in names} for change in found.changes]
    opens = f"open from {found.open_from}" if found.open_from else "nothing was ever closed"
    show(rows, format, title=f"Accounting periods, {opens}", columns=names)
    if found.unfinished:
        books = ", ".join(map(str, found.unfinished))
        raise ServiceFailure(f"Cut off: ask for the last closing or reopening again, for it is not done in: {books}.")


@contextmanager
def well_formed() -> Iterator[None]:
    """A name or reason that is no word of the ledger's is one sentence."""
    try:
        yield
    except ValidationError as error:
        (first, *_) = error.errors()
        if not first["loc"]:
            raise ServiceFailure(f"{first['msg'].removeprefix('Value error, ')}.") from None
        raise ServiceFailure(f"{first['input']!r} is no {first['loc'][-1]}: {first['msg']}.") from None


def _finance(id: str) -> Actor:
    return Actor(kind="platform", id=id, role="finance")
