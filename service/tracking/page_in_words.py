"""The buyer's page of an order in words: texts, dates, money and quantities are already in the buyer's language."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.folds.request_types import RequestType


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionInWords:
    """One type of after-sales request, and its name."""

    type: RequestType
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterSalesInWords:
    """The after-sales services for some units. `until` is the end of the lock, or of the services; null if no end is
    known."""

    allowed: bool
    text: str
    until: str | None
    quantity: str
    options: tuple[OptionInWords, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineInWords:
    """One line of the order, with the quantity ordered and the quantity not sent."""

    title: str
    quantity: str
    not_sent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemInWords:
    """Units of one line in a parcel."""

    title: str
    quantity: str
    after_sales: AfterSalesInWords


@dataclass(frozen=True, slots=True, kw_only=True)
class FactInWords:
    """One fact of a parcel's timeline."""

    text: str
    when: str
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelInWords:
    """One parcel. `late` and `gap` are sentences, or null: it is late to the warehouse, or nobody reported a step."""

    parcel: str
    stage: str
    status: str
    since: str
    location: str
    items: tuple[ItemInWords, ...]
    signed: str | None
    late: str | None
    gap: str | None
    after_sales: AfterSalesInWords
    timeline: tuple[FactInWords, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundInWords:
    """One after-sales case. Amounts are null if they are not in the buyer's currency."""

    refund: str
    status: str
    amount: str | None
    paid: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageInWords:
    """One order with its parcels and refunds. `locale` is the locale of the texts."""

    order: str
    locale: str
    status: str
    placed: str | None
    promised: str | None
    lines: tuple[LineInWords, ...]
    after_sales: AfterSalesInWords
    parcels: tuple[ParcelInWords, ...]
    refunds: tuple[RefundInWords, ...]
