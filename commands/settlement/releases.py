"""Due units of an order, and the fee of each release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from commands.rules import Rules
from ledger.deadlines import known
from ledger.events.settlement import SettlementReleased
from ledger.folds.line_places import Place
from ledger.money import Money
from ledger.policies.fees import Fees
from ledger.policies.release import Release
from ledger.streams.amounts.fees import OrderFees
from ledger.streams.orders.order import Order
from ledger.streams.orders.quantities import LineBook
from ledger.streams.units.uncovered import uncovered
from ledger.streams.units.units import OrderUnits, awaited_units

REMAINDER = "remainder"


@dataclass(frozen=True, slots=True)
class Due:
    """Units of a line in one place that fall due at `due_at`, unless they are `held_back`."""

    line_id: str
    parcel_id: Place
    qty: int
    due_at: datetime
    rule: str
    held_back: bool = False


def to_release(order: Order, books: Iterable[LineBook], release: Release, *, at: datetime) -> Iterator[Due]:
    """Yields all unreleased units that are or will be due: signed for, or lost at the platform's cost.

    Units in a case, dispute or hold, or waiting for goods, are held back. Units beyond `pending` are left out, because
    reports may state more units than were paid.
    """
    units = OrderUnits(order)
    for book in books:
        left = book.pending
        for part in _unreleased(order, book, units, release, at=at):
            if (fresh := min(part.qty, left)) > 0:
                yield replace(part, qty=fresh)
                left -= fresh
        yield from _remainders(order, book, units, release, at=at)


def _unreleased(order: Order, book: LineBook, units: OrderUnits, release: Release, *, at: datetime) -> Iterator[Due]:
    """Yields the units by place: first those that the platform paid for, then signed ones. Some may have `qty` 0."""
    line_id = book.line.line_id
    for place, qty, signed_at in _places(order, book):
        refunded = book.at(place)
        concerned, awaited = _concerned(order, units, line_id, place, release)
        closed = refunded.platform_borne if release.platform_borne_at_once or signed_at else 0
        signed = qty - refunded.merchant_borne if signed_at else 0
        due_at = release.due_at(signed_at) if signed_at else at
        done = free_done = refunded.kept_releases
        room = _not_on_hold(order, line_id, place, pending=max(closed, qty - refunded.merchant_borne) - done)
        for most, held_back, when, rule in (
            (closed, awaited, at, "platform_borne"),
            (signed, awaited + concerned, due_at, "signed_off"),
        ):
            free = max(0, min(room, most - held_back - free_done))
            held = max(0, most - done - free)
            yield Due(line_id, place, free, when, rule)
            yield Due(line_id, place, held, when, rule, held_back=True)
            done, free_done, room = done + free + held, free_done + free, room - free


def _remainders(order: Order, book: LineBook, units: OrderUnits, release: Release, *, at: datetime) -> Iterator[Due]:
    """Yields the line's money that no pending unit carries, as dues of no units. None of it is the merchant's while a
    refund that the merchant bears is to take it."""
    line_id = book.line.line_id
    if any(part.bearer == "merchant" for part in uncovered(order, line_id)):
        return
    for place in order.remainders(line_id):
        concerned, _ = _concerned(order, units, line_id, place, release)
        held_back = bool(concerned) or order.holds.on(line_id, place) is not None
        yield Due(line_id, place, 0, at, REMAINDER, held_back=held_back)


def _not_on_hold(order: Order, line_id: str, place: Place, *, pending: int) -> int:
    return pending - order.holds.units(line_id, place, of=pending)


def _concerned(order: Order, units: OrderUnits, line_id: str, place: Place, release: Release) -> tuple[int, int]:
    """Returns the number of units in a case or dispute, and of refunded units that wait for their goods."""
    if not release.blocked_by_open_case:
        return 0, 0
    there = units.at(line_id, place)
    return there.qty - there.free, awaited_units(order, line_id, place)


def released(order: Order, due: Iterable[Due], rules: Rules, *, at: datetime) -> Iterator[SettlementReleased]:
    """Yields the releases, each with its share of the order's fee by the fee schedule of the order."""
    assert order.placed is not None, "only a placed order has something to release"
    kept = kept_fees(order, rules)
    rules.policy(Release)
    less: dict[tuple[str, Place], int] = {}
    for part in due:
        book = order.lines[part.line_id]
        gross = _list_value(book, part, less, order.remainders(part.line_id) if part.rule == REMAINDER else {})
        fee, vat = kept.charge(book, gross)
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


def closed_at_once(order: Order, rules: Rules, *, at: datetime) -> list[Due]:
    """Returns the units that the platform paid for, because no signature will come (domain §3.3): none if the policy
    waits for it.

    Units that wait for a decision, such as awaited returns, keep their money back.
    """
    release = rules.policy(Release)
    coming = to_release(order, order.lines.values(), release, at=at) if release.platform_borne_at_once else ()
    return [due for due in coming if due.rule == "platform_borne" and not due.held_back]


def kept_fees(order: Order, rules: Rules) -> OrderFees:
    """Returns the order's fees, by the fee schedule under which it was placed."""
    assert order.placed is not None, "only a placed order has fees"
    return OrderFees(order, rules.policy_version(Fees, order.placed.fee_schedule_version))


def units_by_line(events: Sequence[SettlementReleased]) -> dict[str, int]:
    """Returns how many units of each line leave the pending account."""
    units: dict[str, int] = {}
    for event in events:
        units[event.line_id] = units.get(event.line_id, 0) + event.qty
    return units


def _list_value(book: LineBook, part: Due, less: dict[tuple[str, Place], int], remaining: Mapping[Place, int]) -> Money:
    """Returns the list price of these units, less earlier part refunds; `less` sums what was deducted before.

    A due of no units has what remains in its place.
    """
    full, place = book.line.unit_list * part.qty, (part.line_id, part.parcel_id)
    off = min(full.minor, book.at(part.parcel_id).balance.pending_less - less.get(place, 0))
    if part.rule == REMAINDER:
        off = max(off, -remaining.get(part.parcel_id, 0))
    less[place] = less.get(place, 0) + off
    return Money(full.minor - off, full.currency)


def _places(order: Order, book: LineBook) -> Iterator[tuple[Place, int, datetime | None]]:
    """Yields each place of the line's units, with their number and the signature's instant.

    Unsent units come with quantity 0: only a refund borne by the platform releases them.
    """
    yield None, 0, None
    for journey in order.parcels.journeys(book.line.line_id):
        yield journey.parcel_id, journey.qty, known(journey.signed_at)
