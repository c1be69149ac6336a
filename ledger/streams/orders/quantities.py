"""Quantities of an order line: cancelled, refunded, requested and released, with their money."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ledger.events.orders import OrderLineCancelled, PlacedLine
from ledger.events.payments import AllocatedLine
from ledger.events.refunds import ApprovedLine
from ledger.events.settlement import SettlementReleased
from ledger.folds.line_places import LinePlaces, Place
from ledger.folds.parcel import Journey
from ledger.fx import CNY, NO_CNY
from ledger.money import Money, split
from ledger.streams.orders.line_balance import Prices
from ledger.streams.orders.line_units import RefundedPart, Units, of_merchant, of_platform

Effect = tuple[Place, Units]  # the effect of a refund on the units of a place


@dataclass(slots=True)
class LineBook(LinePlaces[Units]):
    """One line of an order. All money is CNY; amounts charged on release and given back since are cumulative."""

    line: PlacedLine
    cancelled: int = 0
    allocated: AllocatedLine | None = None  # None until the order is paid
    places: defaultdict[Place, Units] = field(default_factory=lambda: defaultdict(Units), kw_only=True)
    gross_released: Money = NO_CNY
    fee_charged: Money = NO_CNY
    vat_charged: Money = NO_CNY
    gross_taken_back: Money = NO_CNY
    fee_back: Money = NO_CNY
    vat_back: Money = NO_CNY
    base_back: Money = NO_CNY
    parts_undone: int = 0  # buyer's currency, cumulative: parts of the price that were refunded and did not go back

    @property
    def prices(self) -> Prices:
        return Prices(buyer=self.line.unit_reference.minor, list=self.line.unit_list.minor)

    @property
    def merchant_paid(self) -> int:
        """The buyer's money in refunds that the merchant bore, in minor units."""
        return sum(units.balance.merchant_paid for units in self.places.values())

    @property
    def live(self) -> int:
        """Units that were paid for; before payment, units that are not cancelled."""
        return self.allocated.qty if self.allocated else self.line.qty - self.cancelled

    @property
    def asked(self) -> int:
        """Units that an open case asks for."""
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
        """The list price in the merchant's pending account, less the part that part refunds took."""
        less = sum(units.balance.pending_less for units in self.places.values())
        return Money((self.line.unit_list * self.pending).minor - less, CNY)

    @property
    def left_to_buyer(self) -> Money:
        """The most that refunds of the line can still give the buyer, in the buyer's currency: the price of the open
        units less part refunds of them."""
        paid_open = sum(units.balance.paid_open for units in self.places.values())
        return Money(self.prices.buyer * (self.live - self.refunded) - paid_open, self.line.unit_reference.currency)

    @property
    def is_out_of_balance(self) -> bool:
        """True if a refund of a part of the price was undone in a place after units of the place were closed."""
        balances = [units.balance for units in self.places.values()]
        return any(balance.uncovered or balance.pending_less < 0 for balance in balances)

    def remainders(self, journeys: Iterable[Journey]) -> dict[Place, int]:
        """Returns the pending money of places without a pending unit, in fen: no release of units will take it."""
        if not self.is_out_of_balance:
            return {}
        open_units, found = self.open_units(journeys), dict[Place, int]()
        balances = {
            place: units.balance.pending_less
            for place, units in self.places.items()
            if self._pending_at(place, open_units) <= 0
        }
        left = min(-sum(balances.values()), self.pending_value.minor)
        for place, less in balances.items():
            if (part := min(left, -less)) > 0:
                found[place] = part
                left -= part
        return found

    def unshipped(self, journeys: Iterable[Journey]) -> int:
        """Returns the number of units that are not refunded and have not left the merchant."""
        return self.open_units(journeys)[None]

    def free(self, journeys: Iterable[Journey]) -> int:
        """Returns the number of unshipped units without an open case."""
        return max(0, self.unshipped(journeys) - self.at(None).asked)

    def cancel(self, event: OrderLineCancelled) -> None:
        self.cancelled += event.qty

    def refund(self, line: ApprovedLine, *, platform_borne: bool, by_issuer: bool = False) -> list[Effect]:
        """Refunds these units and returns the effects by place, so that they can be undone."""
        effects = list(self.effects(line, platform_borne=platform_borne, by_issuer=by_issuer))
        self._take(line, effects, platform_borne=platform_borne, sign=1)
        return effects

    def undo(self, line: ApprovedLine, effects: Iterable[Effect], *, platform_borne: bool) -> None:
        """Undoes a refund of these units completely."""
        self._take(line, list(self.to_undo(effects)), platform_borne=platform_borne, sign=-1)
        if not line.qty:
            self.parts_undone += line.buyer_amount.minor

    def to_undo(self, effects: Iterable[Effect]) -> Iterator[Effect]:
        """Yields the effects of a refund as they are undone: where its units are now, and with the list price that
        leaves the merchant's other refunds there at their cumulative share.

        Shares are rounded in the order of the refunds, and refunds are undone in any order.
        """
        undone: defaultdict[Place, list[int]] = defaultdict(lambda: [0, 0])
        for place, effect in self.present(effects):
            if effect.balance.merchant_paid:
                paid, listed = (sum(pair) for pair in zip(undone[place], effect.merchants_share, strict=True))
                left = self.at(place).balance
                over = left.merchant_listed - listed - self.prices.listed(left.merchant_paid - paid)
                over = max(over, -effect.balance.merchant_listed)
                effect = effect.with_more_listed(over)
                undone[place] = [paid, listed + over]
            yield place, effect

    def give(self, source: Units, target: Units, qty: int) -> None:
        source.give(target, self.prices, qty)

    def present(self, effects: Iterable[Effect]) -> Iterator[Effect]:
        """Yields the effects of a refund at the places where its units are now, or its part of the price of open
        units."""
        for place, effect in effects:
            where = list(self.now_in(place, effect.refunded, refunded=True)) or list(self._part_now_in(place, effect))
            yield from zip([now for now, _ in where], effect.parts([qty for _, qty in where]), strict=True)

    def _part_now_in(self, place: Place, effect: Units) -> Iterator[tuple[Place, int]]:
        """Yields the places that have this part of the price, with its minor units there. It follows the open units
        (`follow_units`), the merchant's share with it; the rest covers refunded units of its first place."""
        held = {where: units.balance for where, units in self.places.items() if units.balance.paid_open > 0}
        if effect.balance.merchant_paid:
            held = dict(sorted(held.items(), key=lambda found: found[1].merchant_paid <= 0))
        left, here = effect.balance.paid_open, 0
        for where in sorted(held, key=lambda where: where != place):
            part = max(0, min(left, held[where].paid_open))
            left -= part
            if where == place:
                here = part
            elif part:
                yield where, part
        if here + left > 0 or effect.balance.paid_open <= 0:
            yield place, max(1, here + left)

    def follow_units(self, open_units: Mapping[Place, int]) -> None:
        """Moves part refunds to places that have open units. Units may leave, be rejected or be repacked after a part
        refund, and before it is undone."""
        for place, part in [(place, units.balance.paid_open) for place, units in self.places.items()]:
            if part < 0:  # refunded units whose part was undone: parts of other places cover them
                self._take_part(place, -part, {other: units.balance.paid_open for other, units in self.places.items()})
        for place, part in [(place, units.balance.paid_open) for place, units in self.places.items()]:
            if (over := part - self.prices.buyer * open_units.get(place, 0)) > 0:
                self._give_part(place, over, open_units)
        self._follow_pending(open_units)

    def _pending_at(self, place: Place, open_units: Mapping[Place, int]) -> int:
        """Returns the number of units in a place whose list price is pending."""
        units = self.at(place)
        return open_units.get(place, 0) + units.platform_borne - units.kept_releases

    def _follow_pending(self, open_units: Mapping[Place, int]) -> None:
        """Moves what was released of units before an undone refund gave them back to where these units are."""
        for place, units in list(self.places.items()):
            over = units.balance.pending_less - self.prices.list * max(0, self._pending_at(place, open_units))
            for other in open_units if over > 0 else ():
                less = self.at(other).balance.pending_less
                room = self.prices.list * max(0, self._pending_at(other, open_units)) - less
                if other != place and (moved := min(over, room)) > 0:
                    units.give_pending(self.places[other], moved)
                    over -= moved

    def _take_part(self, place: Place, missing: int, held: Mapping[Place, int]) -> None:
        for other, part in held.items():
            if (moved := min(missing, part)) > 0:
                self.places[other].give_part(self.places[place], self.prices, moved)
                missing -= moved
        if missing:
            for other in held:
                self.places[other].give_cover(self.places[place])

    def _give_part(self, place: Place, over: int, open_units: Mapping[Place, int]) -> None:
        """Moves `over` minor units of part refunds. What was taken from pending money goes to unreleased units first:
        a release of other units would pay it out.
        """
        first: list[tuple[Place, int]] = []
        if self.places[place].balance.pending_less:
            first = [(other, qty - self.at(other).kept_releases) for other, qty in open_units.items()]
        for other, qty in [*first, *open_units.items()]:
            room = self.prices.buyer * qty - self.at(other).balance.paid_open
            if other != place and (moved := min(over, room)) > 0:
                self.places[place].give_part(self.places[other], self.prices, moved)
                over -= moved

    def release(self, event: SettlementReleased) -> None:
        units = self.places[event.parcel_id]
        units.released += event.qty
        units.balance.pending_less -= self.prices.list * event.qty - event.gross.minor
        units.balance.released += event.gross.minor
        self.gross_released += event.gross
        self.fee_charged += event.fee
        self.vat_charged += event.vat

    def effects(self, line: ApprovedLine, *, platform_borne: bool, by_issuer: bool = False) -> Iterator[Effect]:
        """Yields the effects of a refund by place. A refund of a part of the price (`qty` 0) has one place."""
        found = list(self.now_in(line.parcel_id, max(1, line.qty)))
        where = found if line.qty else [(found[0][0], 0)]
        weights = [qty for _, qty in where] if line.qty else [1]
        parts = [split(money, weights) for money in (line.buyer_amount, line.list_amount, taken_from_released(line))]
        taken_back = line.released_qty
        for (place, qty), buyer, listed, released in zip(where, *parts, strict=True):
            part = RefundedPart(qty, buyer.minor, listed.minor, released.minor, min(taken_back, qty), by_issuer)
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
    """Returns the part of the list price that had been released, in CNY."""
    return line.from_available + line.fee_back + line.vat_back
