"""Releasing what is the merchant's: which units are due, and the fee that the release of each part takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from commands.rules import Rules
from ledger.deadlines import known
from ledger.events.settlement import SettlementReleased
from ledger.money import Money
from ledger.policies.fees import Fees
from ledger.policies.release import Release
from ledger.streams.order import Order
from ledger.streams.order_fees import OrderFees
from ledger.streams.order_quantities import LineBook, Place
from ledger.streams.parcels import Journey


@dataclass(frozen=True, slots=True)
class Due:
    """Units of a line in one place that become the merchant's at `due_at`."""

    line_id: str
    parcel_id: Place
    qty: int
    due_at: datetime
    rule: str


def to_release(order: Order, book: LineBook, release: Release, *, at: datetime) -> Iterator[Due]:
    """Every unit of a line that is due or will be, on what is known: signed for, or lost at the platform's cost.

    The units that `pending` does not cover any more are left out: facts may tell of more than was ever paid.
    """
    left = book.pending
    for place, signed_at in _places(order, book):
        units = book.at(place.parcel_id) if place else book.at(None)
        at_once = units.platform_borne if release.platform_borne_at_once or signed_at else 0
        signed = place.qty - units.merchant_borne if place and signed_at else 0
        parcel_id = place.parcel_id if place else None
        done = units.standing_released
        for qty, due_at, rule in (
            (at_once, at, "platform_borne"),
            (signed, release.due_at(signed_at) if signed_at else at, "signed_off"),
        ):
            fresh = min(qty - done, left)
            if fresh > 0:
                yield Due(book.line.line_id, parcel_id, fresh, due_at, rule)
                done, left = done + fresh, left - fresh


def released(order: Order, due: Iterable[Due], rules: Rules, *, at: datetime) -> Iterator[SettlementReleased]:
    """The releases, each with its part of the order's fee under the schedule the order was placed under."""
    assert order.placed is not None, "only a placed order has something to release"
    standing = standing_fees(order, rules)
    rules.policy(Release)
    less: dict[tuple[str, Place], int] = {}
    for part in due:
        book = order.lines[part.line_id]
        gross = _worth(book, part, less)
        fee, vat = standing.charge(book, gross)
        yield SettlementReleased(
            merchant_id=order.merchant_id,
            order_id=order.order_id,
            line_id=part.line_id,
            parcel_id=part.parcel_id,
            market=order.placed.market,
            qty=part.qty,
            gross=gross,
            fee=fee,
            vat=vat,
            net=gross - fee - vat,
            fee_rate_bps=book.line.fee_rate_bps,
            fee_schedule_version=order.placed.fee_schedule_version,
            rule=part.rule,
            rule_version=rules.used[Release.key],
            due_at=part.due_at,
            released_at=at,
        )


def standing_fees(order: Order, rules: Rules) -> OrderFees:
    """The fees that stand on the order, under the schedule it was placed under."""
    assert order.placed is not None, "only a placed order has fees"
    return OrderFees(order, rules.policy_version(Fees, order.placed.fee_schedule_version))


def is_held_back(order: Order, line_id: str, release: Release) -> bool:
    """Whether what becomes of the line's money is still to be decided, or somebody keeps it back."""
    if order.holds.on(line_id) is not None:
        return True
    open_ = order.open_case_on(line_id) is not None or order.disputed(line_id) is not None
    return release.blocked_by_open_case and open_


def units_by_line(events: Sequence[SettlementReleased]) -> dict[str, int]:
    """How many units of each line leave the pending account."""
    units: dict[str, int] = {}
    for event in events:
        units[event.line_id] = units.get(event.line_id, 0) + event.qty
    return units


def _worth(book: LineBook, part: Due, less: dict[tuple[str, Place], int]) -> Money:
    """The list price of these units, less what part refunds took of it; `less` is what was taken off before."""
    full, place = book.line.unit_list * part.qty, (part.line_id, part.parcel_id)
    off = min(full.minor, book.at(part.parcel_id).worth.pending_less - less.get(place, 0))
    less[place] = less.get(place, 0) + off
    return Money(full.minor - off, full.currency)


def _places(order: Order, book: LineBook) -> Iterator[tuple[Journey | None, datetime | None]]:
    """Where units of the line are: in parcels, and those that never left, with the signature there is."""
    yield None, None
    for journey in order.parcels.journeys(book.line.line_id):
        yield journey, known(journey.signed_at)
