"""A provider's settlement report in no provider's own form: batches of lines, each known to add up."""

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

LineKind = SettledKind | Literal["other"]  # money that no order, capture or fee is about


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One line, in the provider's signs: gross − fee = net, positive is paid to us.

    `reference` is what it settles; `also` are other names it may be found under, such as a refund's charge. `charged`
    is the gross in the buyer's currency, where the provider settles in another one and the report says both.
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
    category: str = ""  # the provider's own word for it


@dataclass(frozen=True, slots=True)
class ReportBatch:
    """What the provider paid at once. `cash` is what our bank got, CNY; None where the report does not say, or where
    it got another currency."""

    batch_ref: str
    value_date: date
    bank_entry_ref: str
    cash: Money | None
    lines: tuple[ReportLine, ...]
    unread: tuple[UnreadItem, ...] = ()  # of the whole file, where it is the first


def with_unusable(batches: list[ReportBatch], unusable: Unusable) -> list[ReportBatch]:
    """The batches of a file, and beside the first what nobody can use. Raises `BadFile` where there is none."""
    unusable.refuse_unless(batches)
    return [replace(batches[0], unread=tuple(unusable.items)), *batches[1:]] if unusable.items else batches


def amounts(cells: Cells, currency: str) -> tuple[Money, Money, Money]:
    """Gross, fee and net of a row. Raises `BadFile` where they do not add up."""
    gross, fee, net = (cells.money(column, currency) for column in ("gross", "fee", "net"))
    if gross - fee != net:
        raise cells.refused(f"{gross} less {fee} is not {net}")
    return gross, fee, net


def charged_amount(cells: Cells, gross: Money, *, amount: str, currency: str) -> Money | None:
    """The gross in the buyer's currency, signed as `gross`; None where the row does not name another currency."""
    if not cells.text(amount) or not cells.text(currency) or cells.currency(currency) == gross.currency:
        return None
    charged = cells.money(amount, cells.currency(currency))
    return -charged if (charged.minor > 0) != (gross.minor > 0) else charged


def take(lines: list[ReportLine], line: ReportLine, cells: Cells, seen: dict[tuple[str, str], int]) -> None:
    """One more line of a batch, `seen` being where those before stand. Raises `BadFile` for one that cannot be.

    Reported twice it would be settled once, and the batch would count it twice.
    """
    if before := seen.get((line.psp_ref, line.kind)):
        raise cells.refused(f"the {line.kind} {line.psp_ref} stands in line {before} already")
    if line.rate and any(
        abs(line.rate.convert(amount).minor) >= LARGEST_AMOUNT for amount in (line.gross, line.fee, line.net)
    ):
        raise cells.refused(f"at {line.rate.value} it comes to more than {Money(LARGEST_AMOUNT, CNY)}")
    seen[line.psp_ref, line.kind] = line.line
    lines.append(line)
