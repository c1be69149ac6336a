"""A model of an order's units and of the requests that they allow, unit by unit, without code of the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from tests.simulation.models.refund_model import LOCK, Dispute, ModelCase, Spot, Unit, Way

Kind = Literal["return_refund", "not_received"] | None


@dataclass
class UnitModel:
    """One order of several lines. `prices` are unit prices in cents and fen by line; `now` is in minutes."""

    quantities: dict[str, int]
    prices: dict[str, tuple[int, int]]
    express: bool
    now: int = 0
    ways: dict[str, Way] = field(default_factory=dict)
    cases: dict[str, ModelCase] = field(default_factory=dict)
    disputes: dict[str, Dispute] = field(default_factory=dict)  # by line
    spots: dict[tuple[str, str | None], Spot] = field(default_factory=dict)
    borne_in_part: set[str] = field(default_factory=set)  # lines of which the platform bore a part of a price
    double_refunds: set[str] = field(default_factory=set)  # by the provider's name

    def __post_init__(self) -> None:
        self.units = [Unit(line) for line, qty in self.quantities.items() for _ in range(qty)]
        self.total = sum(self.prices[unit.line][0] for unit in self.units)

    def of(self, line: str) -> list[Unit]:
        return [unit for unit in self.units if unit.line == line]

    def unsent(self, line: str) -> list[Unit]:
        """Live units with the merchant."""
        return [unit for unit in self.of(line) if unit.live and unit.parcel is None]

    def pending_on(self, line: str) -> ModelCase | None:
        pending = (case for case in self.cases.values() if case.state in ("open", "goods"))
        return next((case for case in pending if line in case.lines), None)

    def disputed(self, line: str) -> list[Unit]:
        """The units that the open dispute on the line is about: those that fit its reason first, and of one place those
        with a case that was there before it. Others with a case come last."""
        dispute = self.disputes.get(line)
        if dispute is None or dispute.state != "open":
            return []
        live = sorted(
            (u for u in self.of(line) if u.live), key=lambda u: (u.parcel is None, u.parcel or "", u.case or "")
        )

        def order(unit: Unit) -> tuple[bool, int, bool, str, bool]:
            is_other = unit.case is not None and unit.case not in dispute.cases
            return is_other, dispute.looks(unit, self.ways), unit.parcel is None, unit.parcel or "", unit.case is None

        return sorted(live, key=order)[: dispute.qty]

    def free(self, line: str) -> list[Unit]:
        """Live units that neither a case nor a dispute is about, by parcel."""
        disputed = self.disputed(line)
        free = [u for u in self.of(line) if u.live and u.case is None and not any(u is each for each in disputed)]
        return sorted(free, key=lambda unit: unit.parcel or "")

    def unreleased(self, line: str, parcel: str | None) -> int:
        """Live units in a place whose price the merchant has not: those of refunded ones are released before."""
        here = [unit for unit in self.of(line) if unit.parcel == parcel]
        closed = sum(1 for unit in here if unit.refunded == "platform" and unit.case is None)
        live = sum(1 for unit in here if unit.live)
        return max(0, live - max(0, self._spot(line, parcel).released - closed))

    def _chosen(self, line: str, qty: int, kind: Kind) -> list[tuple[str, list[Unit]]] | str:
        """The units by kind of case, or a refusal."""
        free = self.free(line)
        unsent, sent = [u for u in free if u.parcel is None], [u for u in free if u.parcel]
        signed = [unit for unit in sent if self._way(unit).signed is not None]
        waited = [unit for unit in sent if unit not in signed and self.now >= self._way(unit).sent + LOCK]
        choices = {
            None: [("unshipped", unsent), ("return_refund", signed), ("not_received", waited)],
            "return_refund": [("return_refund", signed)],
            "not_received": [("not_received", waited + signed)],
        }[kind]
        for word, units in choices:
            if len(units) >= qty:
                return [(word, units[:qty])]
        if sum(len(units) for _, units in choices) >= qty:
            parts = []
            for word, units in choices:
                parts += [(word, units[:qty])] if units[:qty] else []
                qty -= len(units[:qty])
            return parts
        if kind == "return_refund" and len(signed) + len(waited) >= qty:
            return "NOT_SIGNED_FOR"
        if len(sent) > len(signed) + len(waited) and qty <= len(free):
            return "AFTER_SALES_LOCKED"
        disputed = self.disputed(line)
        if disputed and qty <= len(free) + len(disputed):
            return "DISPUTE_OPEN"
        pending = [unit for case in self.cases.values() if case.state in ("open", "goods") for unit in case.units]
        pending = [unit for unit in pending if unit.line == line]
        enough = pending and qty <= len(free) + len(disputed) + len(pending)
        return "CASE_ALREADY_OPEN" if enough else "REFUND_EXCEEDS_REMAINING"

    def value(self, units: list[Unit]) -> int:
        """Returns the refundable amount of these units in cents. Partial refunds applied to all units in one parcel."""
        value = 0
        for parcel in dict.fromkeys(unit.parcel for unit in units):
            here = [unit for unit in units if unit.parcel == parcel]
            line, price = here[0].line, self.prices[here[0].line][0]
            others = [unit for unit in self.free(line) if unit.parcel == parcel and not any(unit is u for u in here)]
            open_ = len(here) + len(others)
            value += min(price * len(here), price * open_ - self._spot(line, parcel).part_paid)
        return value

    def _spot(self, line: str, parcel: str | None) -> Spot:
        return self.spots.setdefault((line, parcel), Spot())

    def _way(self, unit: Unit) -> Way:
        assert unit.parcel is not None
        return self.ways[unit.parcel]

    def _claims(self) -> int:
        return min(self.total, sum(dispute.claims for dispute in self.disputes.values()))

    def _claimed(self, case: ModelCase) -> bool:
        """Returns True if the issuer may take the same money back. An inquiry takes none."""
        return any(self._may_be_about(case, unit) for unit in case.units)

    def _may_be_about(self, case: ModelCase, unit: Unit) -> bool:
        """Returns True if the open dispute may take this unit of a case. For an approved case, other units come first
        if they are searched before.
        """
        dispute, found = self.disputes.get(unit.line), self.disputed(unit.line)
        if dispute is None or dispute.state != "open" or not dispute.claims:
            return False
        if case.state == "open":
            return any(unit is each for each in found)
        if case.id not in dispute.cases:
            return False
        here = dispute.looks(unit, self.ways)
        return len(found) < dispute.qty or any(dispute.looks(each, self.ways) >= here for each in found)

    def _contested(self, beside: str) -> int:
        """Returns the money of cases that the issuer may also give back: it goes back once. Of open cases it is the
        price of their disputed units, of granted refunds what no provider was asked to pay yet."""
        contested = 0
        for line, dispute in self.disputes.items():
            for unit in self.disputed(line) if dispute.claims else []:
                case = self.cases.get(unit.case or "")
                if case is not None and case.state == "open" and case.id != beside:
                    contested += min(cents // qty for qty, cents in case.parts)
            left = dispute.claims if dispute.state == "open" else 0
            for case in self.cases.values():
                if case.state in ("goods", "approved") and case.id != beside and case.lines == [line]:
                    part = min(left, case.unsubmitted) if self._claimed(case) else 0
                    contested, left = contested + part, left - part
        return contested

    def _fits(self, amount: int, *, beside: str = "") -> bool:
        """Returns True if the buyer's payment still covers the amount."""
        asked = sum(case.may_get for case in self.cases.values() if case.id != beside) - self._contested(beside)
        return amount <= self.total - asked - self._claims()
