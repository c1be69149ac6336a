"""A settlement report, independent of the provider: batches of lines that add up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from ledger.events.psp_settlement import SettledKind
from ledger.fx import CNY, Rate
from ledger.limits import LARGEST_AMOUNT
from ledger.money import Money
from service.adapters.files.csv_table import Cells
from service.adapters.files.unread import UnreadItem, Unusable

LineKind = SettledKind | Literal["other"]  # "other": money that belongs to no order, capture or fee


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One line, with the provider's signs: gross − fee = net; a positive amount is paid to us.

    `reference` is the capture, refund or dispute that it settles; `also` are other references of it, such as a refund's
    charge. `charged` is the gross in the buyer's currency, if the provider settles in another one and the report has
    both.
    """

    line: int
    psp_ref: str
    kind: LineKind
    reference: str
    also: tuple[str, ...]
    gross: Money
    fee: Money
    net: Money
    rate: Rate | None
    cash: Money | None = None
    merchant_id: str | None = None
    order_id: str | None = None
    charged: Money | None = None
    category: str = ""  # the provider's reporting category


@dataclass(frozen=True, slots=True)
class ReportBatch:
    """One payout of the provider to us. `cash` is the amount that our bank received, in CNY; None if it is not reported
    or in another currency.
    """

    batch_ref: str
    value_date: date
    bank_entry_ref: str
    cash: Money | None
    lines: tuple[ReportLine, ...]
    unread: tuple[UnreadItem, ...] = ()  # unusable items of the whole file, kept with its first batch


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
