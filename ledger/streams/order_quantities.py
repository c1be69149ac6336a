"""How many units of an order line are cancelled, refunded, asked back and released, and what was taken for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ledger.events.order import OrderLineCancelled, PlacedLine
from ledger.events.payment import AllocatedLine
from ledger.events.refund import ApprovedLine, RefundLine
from ledger.events.settlement import SettlementReleased
from ledger.fx import CNY
from ledger.money import Money
from ledger.streams.parcels import BACK_WITH_MERCHANT, Journey

Place = str | None  # the parcel that units travel in; None before dispatch
_NOTHING = Money(0, CNY)


def has_left(journey: Journey) -> bool:
    """Whether the units are out of the merchant's hands, by any fact: carriers do not report every step."""
    facts = (journey.dispatched_at, journey.received_at_warehouse, journey.departed_at)
    return journey.ended != BACK_WITH_MERCHANT and (bool(journey.ended) or any(facts))


@dataclass(slots=True)
class Units:
    """What became of the units in one place: counts, all cumulative but `asked`."""

    asked: int = 0  # under an open after-sales case
    merchant_borne: int = 0  # refunded, the merchant gave the list price back
    platform_borne: int = 0  # refunded, the merchant keeps the list price
    released: int = 0
    taken_back: int = 0  # of the released ones, refunded since at the merchant's cost

    @property
    def refunded(self) -> int:
        return self.merchant_borne + self.platform_borne

    @property
    def standing_released(self) -> int:
        """Released and not taken back."""
        return self.released - self.taken_back

    def give(self, other: Units, qty: int) -> None:
        """Hand over what became of `qty` of these units."""
        room = qty
        for name in ("merchant_borne", "platform_borne", "asked"):
            room -= self._hand(other, name, room)
        self._hand(other, "released", qty)
        self._hand(other, "taken_back", min(other.merchant_borne, other.released))

    def _hand(self, other: Units, name: str, most: int) -> int:
        count: int = max(0, min(getattr(self, name), most))
        setattr(self, name, getattr(self, name) - count)
        setattr(other, name, getattr(other, name) + count)
        return count


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

    def unshipped(self, journeys: Iterable[Journey]) -> int:
        """Units that were neither refunded nor have left the merchant."""
        gone = sum(max(0, j.qty - self.at(j.parcel_id).refunded) for j in journeys if has_left(j))
        return max(0, self.live - self.refunded - gone)

    def free(self, journeys: Iterable[Journey]) -> int:
        """Unshipped units that no open case asks for."""
        return max(0, self.unshipped(journeys) - self.at(None).asked)

    def at(self, place: Place) -> Units:
        """What became of the units in one place; nothing where nothing is remembered."""
        return self.places.get(place) or Units()

    def cancel(self, event: OrderLineCancelled) -> None:
        self.cancelled += event.qty

    def ask(self, line: RefundLine, sign: int = 1) -> None:
        """A case about these units is open (`sign` 1) or closed (-1)."""
        for place, qty in self._now_in(line.parcel_id, line.qty, asked_for=sign < 0):
            self.places[place].asked += sign * qty

    def refund(self, line: ApprovedLine, *, platform_borne: bool) -> None:
        taken_back = line.released_qty
        for place, qty in self._now_in(line.parcel_id, line.qty):
            units = self.places[place]
            if platform_borne:
                units.platform_borne += qty
            else:
                units.merchant_borne += qty
                units.taken_back += min(taken_back, qty)
                taken_back -= min(taken_back, qty)
        if platform_borne:
            return
        self.gross_taken_back += self.line.unit_list * line.released_qty
        self.fee_back += line.fee_back
        self.vat_back += line.vat_back
        self.base_back += line.base

    def move(self, parcel_id: str, into: dict[Place, int]) -> None:
        """These units of a parcel travel on in others, and what became of them goes with them."""
        units = self.places[parcel_id]
        for place, qty in into.items():
            units.give(self.places[place], qty)
            self.moved.setdefault(parcel_id, {})[place] = qty

    def _now_in(self, place: Place, qty: int, *, asked_for: bool = False) -> Iterator[tuple[Place, int]]:
        """Where units of a place are by now; of those that were split up, where there are as many."""
        for later, held in self.moved.get(place, {}).items():
            units = self.places[later]
            here = min(qty, units.asked if asked_for else held - units.refunded)
            if here > 0:
                yield from self._now_in(later, here, asked_for=asked_for)
                qty -= here
        if qty > 0:
            yield place, qty

    def release(self, event: SettlementReleased) -> None:
        self.places[event.parcel_id].released += event.qty
        self.gross_released += event.gross
        self.fee_charged += event.fee
        self.vat_charged += event.vat
