"""A settlement report, independent of the provider: batches of lines that add up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from ledger.events.psp_settlement import SettledKind
from ledger.fx import Rate
from ledger.money import Money
from service.partner_facts.bodies import UnreadItem
from service.partner_facts.files import FileName

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


@dataclass(frozen=True, slots=True)
class SettlementReported:
    """The provider has settled a batch of lines."""

    psp: str
    file: FileName
    batch: ReportBatch
