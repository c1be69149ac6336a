"""One parcel of an order: its contents, its facts, its status and the journey of its units."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from ledger.carrier_marks import mark_of
from ledger.deadlines import NEVER
from ledger.events.deliveries import DELIVERIES, went_to
from ledger.events.milestones import ENDS, MILESTONES, furthest
from ledger.events.parcels import EvidenceKind, ParcelItem
from ledger.folds.parcel_facts import Delivery, Dispatch, Fact, Signature, by_time

BACK_WITH_MERCHANT = "rejected_at_warehouse"  # the goods never passed into the platform's custody
# Units of parcels with these statuses may be packed again.
FREE_AGAIN = frozenset((BACK_WITH_MERCHANT, "returned_to_warehouse", "returned_to_sender"))


@dataclass(frozen=True, slots=True)
class Journey:
    """The journey of some units of a line, with the instants that after-sales, release and liability use.

    An instant is `NEVER` if the reported one lies too far ahead. `ended` is the milestone that ended the journey
    (`signed_for`, `lost`, `export_rejected` …), empty while the parcel is on its way.
    """

    parcel_id: str
    qty: int
    dispatched_at: datetime | None
    received_at_warehouse: datetime | None
    signed_at: datetime | None
    lost_at: datetime | None
    ended: str
    export_released_at: datetime | None = None
    departed_at: datetime | None = None
    evidence_kind: EvidenceKind | None = None
    carrier: str = ""  # the last reported carrier

    @property
    def has_left(self) -> bool:
        """True if the units have left the merchant, by any fact: carriers do not report every step."""
        return _is_out(self.ended, self.dispatched_at or self.received_at_warehouse or self.departed_at)


@dataclass(slots=True)
class Parcel:
    """One parcel. Facts may name it before it is created; then it has no items yet."""

    parcel_id: str
    created: bool = False
    items: tuple[ParcelItem, ...] = ()  # its present contents
    packed: tuple[ParcelItem, ...] = ()  # its first contents
    warehouse_id: str = ""
    facts: list[Fact] = field(default_factory=list)
    reasons: dict[Fact, str] = field(default_factory=dict)  # of facts that were reported with one
    dispatches: list[Dispatch] = field(default_factory=list)
    signatures: list[Signature] = field(default_factory=list)  # all that were reported
    returned: set[Delivery] = field(default_factory=set)  # deliveries that were recorded as returns to the sender
    deliveries: set[Delivery] = field(default_factory=set)  # all that a carrier reported
    declarations: list[str] = field(default_factory=list)  # numbers of its export declarations
    tracking_nos: list[str] = field(default_factory=list)  # given after the dispatch
    carried_by: list[tuple[datetime, str]] = field(default_factory=list)  # (instant, carrier) of each report
    came_from: list[str] = field(default_factory=list)
    went_into: list[str] = field(default_factory=list)
    before: list[Dispatch] = field(default_factory=list)  # dispatches of the parcels that its units came from
    moved_at: datetime | None = None  # when its units moved to the parcels in `went_into`
    far: set[tuple[str, datetime]] = field(default_factory=set)  # (milestone, instant) too far ahead to count

    @property
    def status(self) -> str:
        """The milestone with the highest rank, in whatever order the facts became known; empty if there is none."""
        reached = furthest(self.facts)
        if reached and (MILESTONES[reached.word].rank > 0 or not self.created):
            return reached.word
        return "created" if self.created else ""

    @property
    def timeline(self) -> list[Fact]:
        """All facts by instant."""
        return sorted(self.facts, key=by_time)

    @property
    def dispatch(self) -> Dispatch | None:
        """The first dispatch, or None."""
        return min(
            (*self.dispatches, *self.before), key=lambda d: (d.dispatched_at, d.tracking_no, d.carrier), default=None
        )

    @property
    def counted_signatures(self) -> Collection[Signature]:
        """The signatures of the recipient, by all facts of the parcel (`ledger.events.deliveries`)."""
        if not self.signatures:
            return ()
        way = [fact for fact in self.facts if fact.milestone not in DELIVERIES]
        facts: tuple[Fact | Signature, ...] = (*way, *self.signatures)
        return [s for s in went_to(facts, "recipient") if isinstance(s, Signature)]

    @property
    def proven_signatures(self) -> Collection[Signature]:
        """The counted signatures that a carrier reported, without deemed ones."""
        return [signature for signature in self.counted_signatures if signature.evidence_kind is not None]

    @property
    def signature(self) -> Signature | None:
        """The first counted signature, or None. Of two at one instant the proven one counts."""
        counted = self.counted_signatures
        return min(counted, key=lambda s: (s.signed_at, s.evidence_kind is None, s.proof_ref), default=None)

    @property
    def carrier(self) -> str:
        """The last reported carrier, or an empty string. Marks order two carriers at one instant (`mark_of`)."""
        handed_over = [(dispatch.dispatched_at, dispatch.carrier) for dispatch in (*self.dispatches, *self.before)]
        return max((*handed_over, *self.carried_by), key=lambda had: (had[0], mark_of(had[1])), default=(None, ""))[1]

    @property
    def has_left(self) -> bool:
        """True if it has left the merchant. All its journeys have the same answer."""
        if self.dispatches and self.first(BACK_WITH_MERCHANT) is None:  # a shortcut for most parcels
            return True
        status, handed_over = self.status, self.dispatches or self.before
        return _is_out(status, handed_over or self.first("received_at_warehouse") or self.first("departed"))

    @property
    def lost_at(self) -> datetime | None:
        """The instant of the latest loss. None if there is none, it was found later, a recipient signed for it, or it
        was returned to its sender.
        """
        lost, found = self.last("lost"), self.last("found")
        if lost is None or (found is not None and found >= lost) or self.proven_signatures:
            return None
        return None if self.status == "returned_to_sender" else lost

    def first(self, milestone: str) -> datetime | None:
        """Returns the first instant of the milestone, or None."""
        return min((fact.happened_at for fact in self.facts if fact.milestone == milestone), default=None)

    def last(self, milestone: str) -> datetime | None:
        """Returns the last instant of the milestone, or None."""
        return max((fact.happened_at for fact in self.facts if fact.milestone == milestone), default=None)

    def counts_from(self, milestone: str, at: datetime | None) -> datetime | None:
        """Returns the instant from which the milestone counts: `at`, or `NEVER` if it lies too far ahead."""
        return NEVER if at is not None and (milestone, at) in self.far else at

    def quantity(self, line_id: str) -> int:
        return sum(item.qty for item in self.items if item.line_id == line_id)

    def journey(self, line_id: str) -> Journey:
        """Returns the journey of this parcel's units of a line, as if they had been in no other parcel before."""
        status, signature = self.status, self.signature
        return Journey(
            parcel_id=self.parcel_id,
            qty=self.quantity(line_id),
            dispatched_at=self.counts_from("dispatched", self.dispatch.dispatched_at) if self.dispatch else None,
            received_at_warehouse=self.counts_from("received_at_warehouse", self.first("received_at_warehouse")),
            signed_at=self.counts_from("signed_for", signature.signed_at) if signature else None,
            lost_at=self.lost_at,
            ended=status if status in ENDS else "",
            export_released_at=self.counts_from("export_released", self.first("export_released")),
            departed_at=self.counts_from("departed", self.first("departed")),
            evidence_kind=signature.evidence_kind if signature else None,
            carrier=self.carrier,
        )


def _is_out(status: str, under_way: object) -> bool:
    return status != BACK_WITH_MERCHANT and (status in ENDS or bool(under_way))
