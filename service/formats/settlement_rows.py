"""Reads the rows of settlement reports: amounts, lines, and the payouts that they add up to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from ledger.fx import CNY, Rate
from ledger.limits import LARGEST_AMOUNT
from ledger.money import Money, total
from service.formats.bad_file import BadFile
from service.formats.csv_table import Cells
from service.formats.unread import Unusable
from service.partner_facts.settlement import ReportBatch, ReportLine


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


def with_unusable(batches: list[ReportBatch], unusable: Unusable) -> list[ReportBatch]:
    """Returns the batches of a file, the first with the unusable items. Raises `BadFile` if there is no batch."""
    unusable.refuse_unless(batches)
    return [replace(batches[0], unread=tuple(unusable.items)), *batches[1:]] if unusable.items else batches


def amounts(cells: Cells, currency: str) -> tuple[Money, Money, Money]:
    """Returns gross, fee and net of a row. Raises `BadFile` if gross − fee ≠ net."""
    gross, fee, net = (cells.money(column, currency) for column in ("gross", "fee", "net"))
    if gross - fee != net:
        raise cells.refused(f"{gross} less {fee} is not {net}")
    return gross, fee, net


def charged_amount(cells: Cells, gross: Money, *, amount: str, currency: str) -> Money | None:
    """Returns the gross in the buyer's currency, with the sign of `gross`; None if the row has no other currency."""
    if not cells.text(amount) or not cells.text(currency) or cells.currency(currency) == gross.currency:
        return None
    charged = cells.money(amount, cells.currency(currency))
    return -charged if (charged.minor > 0) != (gross.minor > 0) else charged


def take(lines: list[ReportLine], line: ReportLine, cells: Cells, seen: dict[tuple[str, str], int]) -> None:
    """Adds a line to a batch; `seen` is the row of each line so far. Raises `BadFile` if the line is repeated or too
    large.

    A repeated line would be settled once, but its batch would count it twice.
    """
    if before := seen.get((line.psp_ref, line.kind)):
        raise cells.refused(f"the {line.kind} {line.psp_ref} is already in line {before}")
    if line.rate and any(
        abs(line.rate.convert(amount).minor) >= LARGEST_AMOUNT for amount in (line.gross, line.fee, line.net)
    ):
        raise cells.refused(f"at {line.rate.value} it comes to more than {Money(LARGEST_AMOUNT, CNY)}")
    seen[line.psp_ref, line.kind] = line.line
    lines.append(line)
