"""Parts of the model of an order: units, parcels, cases and disputes, and the answers of providers."""

from __future__ import annotations

from dataclasses import dataclass, field

LOCK, RELEASE = 20 * 1440, 7 * 1440
OK = "OK"


@dataclass
class Unit:
    """One piece of one line: where it is, and what became of its money."""

    line: str
    parcel: str | None = None
    refunded: str = ""  # merchant or platform: who paid for it
    case: str | None = None  # the pending case that is about it

    @property
    def live(self) -> bool:
        return not self.refunded


@dataclass
class Way:
    """A parcel: since when it is on its way and signed for, and what else happened to it."""

    sent: int
    signed: int | None = None
    lost: int | None = None
    found: int | None = None
    facts: set[str] = field(default_factory=set)

    def submit(self, fact: str, at: int) -> None:
        match fact:
            case "signed":
                self.signed = at
            case "lost":
                self.lost = at
            case "found":
                self.found = at
            case _:
                self.facts.add(fact)

    @property
    def is_lost(self) -> bool:
        return self.signed is None and self.lost is not None and (self.found is None or self.found < self.lost)

    @property
    def was_ours(self) -> bool:
        """Returns True if the parcel entered the warehouse; customs facts prove it too."""
        return bool(self.facts & {"accepted", "refused"})

    def bearer(self, kind: str) -> str:
        """Returns the bearer of a refund or dispute of this kind, if no reviewer names one."""
        if kind == "return_refund" or (self.signed is None and not self.was_ours):
            return "merchant"
        has_ended = self.is_lost or (self.signed is None and self.facts & {"returned", "refused", "damaged"})
        return "merchant" if kind == "product_unacceptable" and not has_ended else "platform"

    def ended_as(self, fact: str) -> bool:
        """Returns True if the platform may refund the parcel for this end. A parcel with a signature has arrived."""
        if fact == "lost":
            return self.is_lost
        return fact in self.facts and self.signed is None and not (fact == "returned" and self.is_lost)


@dataclass
class Spot:
    """Units of a line in one place. They are alike."""

    part_paid: int = 0  # cents that went back for units that are still the buyer's
    from_merchant: int = 0  # cents that went back at the merchant's cost
    released: int = 0  # units whose price the merchant has, and has not given back


Taken = list[tuple[Spot, int, int, int]]  # by spot: part refunds used up, cents, released units


@dataclass
class RefundAttempt:
    """One instruction to a provider: submitted, succeeded, failed or reversed."""

    amount: int
    state: str = "submitted"
    ref: str = ""  # the provider's first name for it
    others: set[str] = field(default_factory=set)  # further names under which the buyer has the money

    @property
    def counts(self) -> bool:
        return self.state in ("submitted", "succeeded")


@dataclass
class ModelCase:
    """A case from request to verdict: open, goods (waiting for them), approved, closed or expired."""

    id: str
    kind: str
    units: list[Unit]
    rounds: int
    parts: list[tuple[int, int]]  # by place: units, and cents asked for them
    state: str = "open"
    approvers: list[str] = field(default_factory=list)
    owed: int = 0  # to the buyer, in cents
    otherwise: int = 0  # paid without a provider
    return_by: int = 0
    shipped: bool = False
    taken: Taken = field(default_factory=list)
    attempts: dict[str, RefundAttempt] = field(default_factory=dict)

    @property
    def asked(self) -> int:
        """Cents."""
        return sum(cents for _, cents in self.parts)

    @property
    def lines(self) -> list[str]:
        return list(dict.fromkeys(unit.line for unit in self.units))

    @property
    def paid(self) -> int:
        known = self.attempts.values()
        return self.otherwise + sum(s.amount * ((s.state == "succeeded") + len(s.others)) for s in known)

    @property
    def may_get(self) -> int:
        """Returns the part of the buyer's payment that the case or dispute takes or may take."""
        return {"open": self.asked, "closed": 0, "expired": 0}.get(self.state, self.owed)

    @property
    def unsubmitted(self) -> int:
        return max(
            0, self.owed - self.otherwise - sum(s.amount * (s.counts + len(s.others)) for s in self.attempts.values())
        )

    def answered(self, attempt: RefundAttempt, outcome: str, ref: str) -> bool:
        """A provider answers. Returns True if the buyer gets more by it than the refund."""
        was_paid = self.paid
        if attempt.ref in ("", ref):
            attempt.ref = ref
            paid = attempt.state == "succeeded"
            attempt.state = "succeeded" if outcome == "succeeded" else "reversed" if paid else "failed"
        elif outcome == "succeeded":
            attempt.others.add(ref)
        else:
            attempt.others.discard(ref)
        return self.paid > max(was_paid, self.owed)


@dataclass
class Dispute:
    """A dispute about so many units of one line; at an inquiry nothing is at stake yet."""

    line: str
    qty: int
    amount: int
    reason: str
    rank: int = -1  # 0 inquiry, 1 chargeback, 2 second stage
    state: str = "open"
    closed_at: int = 0
    cases: set[str] = field(default_factory=set)  # that were there when it was opened
    lost: list[Unit] | None = None  # what the loss that stands took
    taken: Taken = field(default_factory=list)

    @property
    def claims(self) -> int:
        return self.amount if self.lost is not None or (self.state == "open" and self.rank > 0) else 0

    def looks(self, unit: Unit, ways: dict[str, Way]) -> int:
        """Where its units are looked for: what never came is not signed for, and what is not accepted is."""
        signed = unit.parcel is not None and ways[unit.parcel].signed is not None
        if self.reason == "not_received":
            return 2 if signed else 0 if unit.parcel else 1
        return 0 if signed else 1 if unit.parcel else 2

    def reported(self, rank: int, reason: str, now: int, cases: set[str]) -> None:
        """It is opened, or has come to another stage; what was closed and opens again is in its second."""
        if self.rank < 0 or (self.state != "open" and now > self.closed_at):
            self.cases = cases
        rank = 2 if self.state != "open" and now > self.closed_at else rank
        if rank > self.rank:
            self.rank, self.reason, self.state = rank, reason, "open"
