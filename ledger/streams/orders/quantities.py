"""How many units of an order line are cancelled, refunded, asked back and released, and what was taken for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ledger.events.orders import OrderLineCancelled, PlacedLine
from ledger.events.payments import AllocatedLine
from ledger.events.refunds import ApprovedLine, RefundLine
from ledger.events.settlement import SettlementReleased
from ledger.fx import CNY
from ledger.money import Money, split
from ledger.streams.orders.line_balance import Prices
from ledger.streams.orders.line_units import RefundedPart, Units, of_merchant, of_platform
from ledger.streams.orders.parcels import Journey

Place = str | None  # the parcel that units travel in; None before dispatch
Effect = tuple[Place, Units]  # what a refund did to the units of a place
_NOTHING = Money(0, CNY)


@dataclass(slots=True)
class LineBook:
    """One line of an order. All money is CNY; what was charged on release and given back since is cumulative."""

    line: PlacedLine
    cancelled: int = 0
    allocated: AllocatedLine | None = None  # None until the order is paid
    places: defaultdict[Place, Units] = field(default_factory=lambda: defaultdict(Units))
    gross_released: Money = _NOTHING
    fee_charged: Money = _NOTHING
    vat_charged: Money = _NOTHING
    gross_taken_back: Money = _NOTHING
    fee_back: Money = _NOTHING
    vat_back: Money = _NOTHING
    base_back: Money = _NOTHING
    moved: dict[Place, dict[Place, int]] = field(default_factory=dict)  # units that travel on in other parcels

    @property
    def prices(self) -> Prices:
        return Prices(buyer=self.line.unit_reference.minor, list=self.line.unit_list.minor)

    @property
    def merchant_paid(self) -> int:
        """What merchant-borne refunds gave back to the buyer so far, in minor units."""
        return sum(units.balance.merchant_paid for units in self.places.values())

    @property
    def live(self) -> int:
        """Units that were paid for; before payment, those that are not cancelled."""
        return self.allocated.qty if self.allocated else self.line.qty - self.cancelled

    @property
    def refunded(self) -> int:
        return sum(units.refunded for units in self.places.values())

    @property
    def asked(self) -> int:
        """Units under an open after-sales case."""
        return sum(units.asked for units in self.places.values())

    @property
    def merchant_borne(self) -> int:
        return sum(units.merchant_borne for units in self.places.values())

    @property
    def pending(self) -> int:
        """Units whose list price stands in the merchant's pending account."""
        if self.allocated is None:
            return 0
        units = self.places.values()
        return self.allocated.qty - sum(u.merchant_borne - u.taken_back + u.released for u in units)

    @property
    def pending_value(self) -> Money:
        """What of the list price stands in the merchant's pending account: less what part refunds took of it."""
        less = sum(units.balance.pending_less for units in self.places.values())
        return Money((self.line.unit_list * self.pending).minor - less, CNY)

    @property
    def left_to_buyer(self) -> Money:
        """The most that refunds can still give the buyer for the line: the price of its open units, less part refunds
        of them."""
        paid_open = sum(units.balance.paid_open for units in self.places.values())
        return Money(self.prices.buyer * (self.live - self.refunded) - paid_open, self.line.unit_reference.currency)

    def unshipped(self, journeys: Iterable[Journey]) -> int:
        """Units that were neither refunded nor have left the merchant."""
        return self.open_units(journeys)[None]

    def open_units(self, journeys: Iterable[Journey]) -> dict[Place, int]:
        """Units by place that were not refunded: those that were not sent (None), then by parcel that has left."""
        left: dict[Place, int] = {
            j.parcel_id: max(0, j.qty - self.at(j.parcel_id).refunded) for j in journeys if j.has_left
        }
        return {None: max(0, self.live - self.refunded - sum(left.values())), **left}

    def free(self, journeys: Iterable[Journey]) -> int:
        """Unshipped units that no open case asks for."""
        return max(0, self.unshipped(journeys) - self.at(None).asked)

    def at(self, place: Place) -> Units:
        """What became of the units in one place; nothing where nothing is remembered."""
        return self.places.get(place) or Units()

    def cancel(self, event: OrderLineCancelled) -> None:
        self.cancelled += event.qty

    def ask(self, line: RefundLine, case_id: str, sign: int = 1) -> None:
        """The case about these units is open (`sign` 1) or closed (-1)."""
        for place, qty in list(self._now_in(line.parcel_id, line.qty, requested_by=case_id if sign < 0 else None)):
            self.places[place].requested_by[case_id] += sign * qty

    def refund(self, line: ApprovedLine, *, platform_borne: bool) -> list[Effect]:
        """These units are refunded; what it did to them, place by place, so that it can be undone."""
        effects = list(self.effects(line, platform_borne=platform_borne))
        self._take(line, effects, platform_borne=platform_borne, sign=1)
        return effects

    def undo(self, line: ApprovedLine, effects: Iterable[Effect], *, platform_borne: bool) -> None:
        """The refund of these units is off, and they are as if it had never been."""
        self._take(line, effects, platform_borne=platform_borne, sign=-1)

    def move(self, parcel_id: str, into: dict[Place, int]) -> None:
        """These units of a parcel travel on in others, and what became of them goes with them."""
        units = self.places[parcel_id]
        for place, qty in into.items():
            units.give(self.places[place], self.prices, qty)
            self.moved.setdefault(parcel_id, {})[place] = qty

    def follow_units(self, open_units: Mapping[Place, int]) -> None:
        """Part refunds stay with open units: those may leave, be turned away, or travel on after a part of their price
        was refunded, and may do so before that is undone."""
        for place, part in [(place, units.balance.paid_open) for place, units in self.places.items()]:
            if part < 0:  # undone here, and it had gone elsewhere
                self._take_part(place, -part, {other: units.balance.paid_open for other, units in self.places.items()})
        for place, part in [(place, units.balance.paid_open) for place, units in self.places.items()]:
            if (over := part - self.prices.buyer * open_units.get(place, 0)) > 0:
                self._give_part(place, over, open_units)

    def _take_part(self, place: Place, missing: int, held: Mapping[Place, int]) -> None:
        for other, part in held.items():
            if (moved := min(missing, part)) > 0:
                self.places[other].give_part(self.places[place], self.prices, moved)
                missing -= moved

    def _give_part(self, place: Place, over: int, open_units: Mapping[Place, int]) -> None:
        for other, qty in open_units.items():
            room = self.prices.buyer * qty - self.at(other).balance.paid_open
            if other != place and (moved := min(over, room)) > 0:
                self.places[place].give_part(self.places[other], self.prices, moved)
                over -= moved

    def _now_in(self, place: Place, qty: int, *, requested_by: str | None = None) -> Iterator[tuple[Place, int]]:
        """Where units of a place are by now; of those that were split up, where there are as many."""
        for later, held in self.moved.get(place, {}).items():
            units = self.places[later]
            here = min(qty, units.requested_by[requested_by] if requested_by else held - units.refunded)
            if here > 0:
                yield from self._now_in(later, here, requested_by=requested_by)
                qty -= here
        if qty > 0:
            yield place, qty

    def release(self, event: SettlementReleased) -> None:
        units = self.places[event.parcel_id]
        units.released += event.qty
        units.balance.pending_less -= self.prices.list * event.qty - event.gross.minor
        units.balance.released += event.gross.minor
        self.gross_released += event.gross
        self.fee_charged += event.fee
        self.vat_charged += event.vat

    def effects(self, line: ApprovedLine, *, platform_borne: bool) -> Iterator[Effect]:
        """What the refund does, place by place; one of no units, of a part of their price, is for one place."""
        found = list(self._now_in(line.parcel_id, max(1, line.qty)))
        where = found if line.qty else [(found[0][0], 0)]
        weights = [qty for _, qty in where] if line.qty else [1]
        parts = [split(money, weights) for money in (line.buyer_amount, line.list_amount, taken_from_released(line))]
        taken_back = line.released_qty
        for (place, qty), buyer, listed, released in zip(where, *parts, strict=True):
            part = RefundedPart(qty, buyer.minor, listed.minor, released.minor, min(taken_back, qty))
            taken_back -= part.taken_back
            yield place, (of_platform if platform_borne else of_merchant)(self.at(place), self.prices, part)

    def _take(self, line: ApprovedLine, effects: Iterable[Effect], *, platform_borne: bool, sign: int) -> None:
        for place, effect in effects:
            self.places[place].add(effect, sign)
        if not platform_borne:
            self.gross_taken_back += taken_from_released(line) * sign
            self.fee_back += line.fee_back * sign
            self.vat_back += line.vat_back * sign
            self.base_back += line.base * sign


def taken_from_released(line: ApprovedLine) -> Money:
    """The part of the list price that had been released."""
    return line.from_available + line.fee_back + line.vat_back
