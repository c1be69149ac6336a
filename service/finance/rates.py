"""The exchange rates of a day: value, day, source, and if they are fresh enough for a decision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from commands.bus.reference_feed import reference_at
from ledger.fx import RateKind
from ledger.ids import PLATFORM_BOOK
from ledger.policies.reference import Reference
from ledger.policies.reference_pricing import ReferencePricing
from ledger.refusals.catalogue import PolicyNotEffective, RateMissing
from service.app import App

_KINDS: tuple[RateKind, ...] = ("reference", "book")


@dataclass(frozen=True, slots=True)
class RateOfDay:
    """A rate: CNY for one unit of `currency`. `usable` is true if the policy `reference_pricing` lets a decision use
    a rate of this age. A fact is booked at an older rate too, and flagged."""

    currency: str
    kind: RateKind
    rate: str
    as_of: date
    age_days: int
    source: str
    usable: bool


def rates_on(app: App, day: date, *, as_known_at: datetime | None = None) -> Iterator[RateOfDay]:
    """Returns the rates of a day by currency and kind, now or as known at an instant. Raises `ValueError` for an
    instant in the future."""
    reference = app.bus.reference() if as_known_at is None else _known_at(app, as_known_at)
    try:
        pricing, _ = reference.policy(ReferencePricing, as_known_at or app.clock())
    except PolicyNotEffective:
        pricing = None
    for currency in reference.currencies:
        for kind in _KINDS:
            try:
                rate = reference.rate(currency, kind, day)
            except RateMissing:
                continue
            yield RateOfDay(
                currency=currency,
                kind=kind,
                rate=rate.value,
                as_of=rate.as_of,
                age_days=(day - rate.as_of).days,
                source=rate.source,
                usable=pricing is not None and pricing.is_fresh(rate, day),
            )


def _known_at(app: App, instant: datetime) -> Reference:
    positions = app.ledger.reader.positions_as_known_at(instant)
    return reference_at(app.ledger, positions.get(PLATFORM_BOOK, 0))
