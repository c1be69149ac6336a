"""Logistics money of an order: partners' charges, duties, and claims against partners."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import singledispatchmethod
from typing import Any, Literal

from ledger.events.logistics import (
    LogisticsClaimAccepted,
    LogisticsClaimDenied,
    LogisticsClaimFiled,
    LogisticsClaimSettled,
)
from ledger.events.parcels import DutyAssessed, LogisticsChargeRecorded
from ledger.folds.evolution import Evolving
from ledger.fx import CNY, NO_CNY
from ledger.money import Money, joined, within
from ledger.streams.expectation import Expectation

ClaimState = Literal["filed", "accepted", "settled", "denied"]


@dataclass(slots=True)
class Claim:
    """One claim. `owed` of it stands in 1210, with the CNY value `owed_base`."""

    id: str
    parcel_id: str
    partner: str
    amount: Money
    owed: Money
    owed_base: Money
    state: ClaimState = "filed"
    paid: Money | None = None  # the paid part of the accepted amount
    accepted: Money | None = None


class Logistics(Evolving):
    """Charges and duties by the partner's reference, and claims by our id."""

    def __init__(self) -> None:
        self.charges: dict[tuple[str, str], LogisticsChargeRecorded] = {}
        self.duties: dict[tuple[str, str], DutyAssessed] = {}
        self.claims: dict[str, Claim] = {}
        self.receipts: dict[str, Money] = {}  # amounts paid for claims, by bank entry and claim

    def expectations(self) -> Iterator[Expectation]:
        """Yields each accepted claim as an expectation: the amount accepted and the amount paid."""
        for claim in self.claims.values():
            if claim.paid is not None and claim.owed.minor > 0 and claim.state != "denied":
                yield Expectation("claim", claim.id, claim.owed + claim.paid, claim.paid)
            elif claim.paid is not None:
                yield Expectation("claim", claim.id, claim.paid, claim.paid)

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies an event of charges, duties or claims."""

    @evolve.register
    def _(self, event: LogisticsChargeRecorded) -> None:
        self.charges[event.partner, event.charge_ref] = event

    @evolve.register
    def _(self, event: DutyAssessed) -> None:
        self.duties[event.partner, event.assessment_ref] = event

    @evolve.register
    def _(self, event: LogisticsClaimFiled) -> None:
        nothing = Money(0, event.amount.currency)
        self.claims[event.claim_id] = Claim(
            event.claim_id, event.parcel_id, event.partner, event.amount, nothing, NO_CNY
        )

    @evolve.register
    def _(self, event: LogisticsClaimAccepted) -> None:
        claim = self._claim(event)
        claim.owed, claim.owed_base = joined(claim.owed, event.amount), claim.owed_base + event.base
        claim.state, claim.accepted = "accepted", event.amount

    @evolve.register
    def _(self, event: LogisticsClaimSettled) -> None:
        claim = self._claim(event)
        if not claim.owed or claim.owed.currency == event.amount.currency:  # else it pays nothing that is owed
            claim.owed, claim.owed_base = joined(claim.owed, -event.amount), claim.owed_base - event.carried
            before = within(
                claim.paid or event.amount * 0, event.amount.currency
            )  # and is not added to payments in another currency
            claim.paid = before + event.amount
        claim.state = "accepted" if claim.owed else "settled"
        self.receipts[f"{event.bank_entry_ref}/{event.claim_id}"] = event.amount

    @evolve.register
    def _(self, event: LogisticsClaimDenied) -> None:
        claim = self._claim(event)
        claim.owed, claim.owed_base = claim.owed - event.reversed_amount, claim.owed_base - event.reversed
        claim.state = "denied"

    def _claim(self, event: LogisticsClaimAccepted | LogisticsClaimSettled | LogisticsClaimDenied) -> Claim:
        """Returns the claim of the event; a new one if the partner answers a claim that was not filed here."""
        if event.claim_id not in self.claims:
            currency = event.amount.currency if not isinstance(event, LogisticsClaimDenied) else CNY
            nothing = Money(0, currency)
            self.claims[event.claim_id] = Claim(
                event.claim_id, event.parcel_id, event.partner, nothing, nothing, NO_CNY
            )
        return self.claims[event.claim_id]
