"""Reads the rows of one payout of a provider: its lines, and the amount of the payout where a row states it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from ledger.fx import CNY, Rate
from ledger.money import Money, total
from service.adapters.files.bad_file import BadFile
from service.adapters.files.csv_table import Cells
from service.adapters.files.unread import Unusable
from service.adapters.psp.report import ReportLine, take


class RateNotGiven(BadFile):
    """The rate of a currency was not given or is invalid. Import the file again with the rate."""


class PayoutRows(NamedTuple):
    """The usable rows of one payout. `paid` is the amount that the provider paid out; None if no row states it."""

    lines: tuple[ReportLine, ...]
    paid: Money | None


def read_payout(
    ref: str,
    rows: Sequence[Cells],
    read: Callable[[Cells], ReportLine | Money],
    unusable: Unusable,
    *,
    is_complete: bool,
) -> PayoutRows | None:
    """Returns the lines of a payout; None if nothing of it can be used. `read` returns Money for a row of the payout
    itself, negative if it was paid to us.

    If a row is unusable, or the payout is not `is_complete`, its amount is not compared with its lines. Raises
    `RateNotGiven`.
    """
    lines: list[ReportLine] = []
    seen: dict[tuple[str, str], int] = {}
    paid: list[tuple[Cells, Money]] = []
    for cells in rows:
        try:
            row = read(cells)
            if isinstance(row, Money):
                paid.append((cells, row))
            else:
                take(lines, row, cells, seen)
        except RateNotGiven:
            raise
        except BadFile as problem:
            unusable.keep(problem, cells)
    is_complete = is_complete and not unusable.any_of(rows)
    if not lines and not is_complete:
        return None
    amount = -total([each for _, each in paid], paid[0][1].currency) if paid else None
    if is_complete and amount is not None:
        net = total([line.net for line in lines], amount.currency)
        if amount != net:
            reason = f"the payout {ref} is {amount}, its lines come to {net}"
            unusable.keep(paid[0][0].refused(reason), *rows)
            return None
    return PayoutRows(tuple(lines), amount)


def given_rate(cells: Cells, currency: str, rates: Mapping[str, str], *, psp: str, day: date) -> Rate | None:
    """Returns the rate that was given for a currency; None for CNY. Raises `RateNotGiven`."""
    if currency == CNY:
        return None
    if currency not in rates:
        raise RateNotGiven(
            cells.file, f"no rate is given for {currency}: how many CNY one {currency} brought", line=cells.line
        )
    value = rates[currency]
    try:
        return Rate(base=currency, quote=CNY, value=value, kind="provider_settlement", source=psp, as_of=day)
    except ValueError:
        raise RateNotGiven(
            cells.file, f"{value!r}, given as the rate for {currency}, is not a rate", line=cells.line
        ) from None
