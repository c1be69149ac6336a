"""Facts of a parcel in an order's state: scans, dispatches, deliveries and signatures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from ledger.deadlines import in_zone
from ledger.events.deliveries import NAMES_THE_RECIPIENT
from ledger.events.event import Event
from ledger.events.milestones import WORDS, in_order
from ledger.events.parcels import EvidenceKind, ParcelFact


class Fact(NamedTuple):
    """One fact of a parcel. `code` and `detail` distinguish two facts of one kind at one instant."""

    milestone: str
    happened_at: datetime
    code: str = ""
    detail: str = ""
    to_recipient: bool = False  # a delivery whose evidence names the recipient

    @classmethod
    def of(
        cls, milestone: str, happened_at: datetime, code: str = "", detail: str = "", *, to_recipient: bool = False
    ) -> Fact:
        """Returns the fact with its instant in Python's own UTC: facts are compared often, and pydantic's time zones
        are ten times slower."""
        return cls(milestone, in_zone(happened_at, UTC), code, detail, to_recipient)


_DETAILS = ("warehouse_id", "declaration_no", "attempt_no", "evidence_ref")


def by_time(fact: Fact) -> tuple[Any, ...]:
    """Sort key: by instant, then by the usual order of milestones."""
    return (*in_order(fact), fact.code, fact.detail)


@cache
def _details_of(kind: type[Event]) -> tuple[str, ...]:
    return tuple(name for name in _DETAILS if name in kind.model_fields)


def fact_of(event: ParcelFact) -> Fact:
    """Returns the event as a fact."""
    reported = [str(value) for name in _details_of(type(event)) if (value := getattr(event, name))]
    return Fact.of(WORDS[type(event)], event.happened_at, event.raw_code, " ".join(reported))


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A hand-over to the domestic carrier."""

    dispatched_at: datetime
    carrier: str
    tracking_no: str


class Delivery(NamedTuple):
    """One report of a delivery, whoever got the parcel."""

    happened_at: datetime
    evidence_kind: EvidenceKind
    proof_ref: str


@dataclass(frozen=True, slots=True)
class Signature:
    """A proof of delivery. Without `evidence_kind` it is a deemed signature."""

    signed_at: datetime
    evidence_kind: EvidenceKind | None
    proof_ref: str = ""

    @property
    def milestone(self) -> str:
        return "deemed_signed" if self.evidence_kind is None else "signed_for"

    @property
    def happened_at(self) -> datetime:
        return self.signed_at

    @property
    def to_recipient(self) -> bool:
        """True if the evidence names the recipient."""
        return self.evidence_kind == NAMES_THE_RECIPIENT
