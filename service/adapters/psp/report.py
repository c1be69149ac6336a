"""A provider's settlement report in no provider's own form: batches of lines, each known to add up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ledger.events.psp_settlement import SettledKind
from ledger.fx import Rate
from ledger.money import Money


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One line, in the provider's signs: gross − fee = net, positive is paid to us.

    `reference` is what it settles; `also` are other names it may be found under, such as a refund's charge.
    """

    line: int
    psp_ref: str
    kind: SettledKind
    reference: str
    also: tuple[str, ...]
    gross: Money
    fee: Money
    net: Money
    rate: Rate | None
    cash: Money | None = None
    merchant_id: str | None = None
    order_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReportBatch:
    """What the provider paid at once. `cash` is what our bank got, CNY; None where the report does not say."""

    batch_ref: str
    value_date: date
    bank_entry_ref: str
    cash: Money | None
    lines: tuple[ReportLine, ...]
