"""Accounting periods: `close-period`, `reopen-period` and `revalue`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.actor import ACTING, By, acting, say_proposed
from service.cli.options import takes_settings
from service.cli.output import stderr
from service.failures import accepted
from service.settings import Settings

if TYPE_CHECKING:
    from commands.bus.outcome import Outcome


def _month(text: str) -> str:
    from ledger.instants import read_month

    try:
        return read_month(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a month such as 2025-03") from None


Month = Annotated[str, typer.Argument(metavar="PERIOD", help="Month, such as 2025-03.", callback=_month)]


@takes_settings(*ACTING)
def close_period(
    settings: Settings,
    period: Month,
    reason: Annotated[str, typer.Option(metavar="WORD", help="Reason in one word.")] = "month_end",
    by: By = None,
) -> None:
    """Propose to close a month. After another person has approved it, nothing is posted to the days of the month.

    If an approved closing was cut off, the command finishes it first.
    """
    from service.finance.period_close import PeriodClose

    with acting(settings, by) as (app, actor):
        closing = PeriodClose(app.ledger, app.bus)
        if closing.unfinished:
            finished(closing.finish())
        say_proposed(closing.propose_close(period, by=actor, reason=reason))


@takes_settings(*ACTING)
def reopen_period(
    settings: Settings,
    period: Month,
    reason: Annotated[str, typer.Option(metavar="WORD", help="Reason in one word, such as late_invoice.")],
    by: By = None,
) -> None:
    """Propose to reopen the last closed month. After another person has approved it, the month takes postings again."""
    from service.finance.period_close import PeriodClose

    with acting(settings, by) as (app, actor):
        closing = PeriodClose(app.ledger, app.bus)
        if closing.unfinished:
            finished(closing.finish())
        say_proposed(closing.propose_reopen(period, by=actor, reason=reason))


def finished(closing: Outcome | None) -> None:
    """Prints the result of an approved closing or reopening. Raises `ServiceFailure` if a book refuses it."""
    if closing is None:
        stderr().print("The books of the reopened month take postings again.")
        return
    outcome = accepted(closing)
    stderr().print(f"The month is closed (book {outcome.book}, position {outcome.last}).")


@takes_settings(*ACTING)
def revalue(
    settings: Settings,
    period: Month,
    by: By = None,
) -> None:
    """Revalue foreign balances at the rates of the month's last day, and reverse the entry on the next day."""
    from service.finance.revaluation import revalue as do_revalue

    with acting(settings, by) as (app, actor):
        outcome = accepted(do_revalue(app, period, actor=actor))
        said = (
            f"recorded in book {outcome.book} up to position {outcome.last}" if outcome.last else "nothing to revalue"
        )
        stderr().print(f"{period}: {said}.")
