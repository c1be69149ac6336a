"""The after-sales lock on units that have left: when it ends, and from when they count as signed for.

Decisions and the buyer's screen use the same function.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from ledger.folds.parcel import Journey
from ledger.folds.parcels import Parcels
from ledger.policies.after_sales_lock import AfterSalesLock


@dataclass(frozen=True, slots=True)
class UnitLock:
    """The lock on the units of a line in one parcel.

    `ends_at` is None as long as no end is known. `proven_at` is the instant of a signature with evidence that the lock
    accepts, `deemed_at` the instant from which the units count as signed for without evidence; None if there is none.
    """

    line_id: str
    parcel_id: str
    ends_at: datetime | None
    proven_at: datetime | None
    deemed_at: datetime | None

    def is_locked(self, at: datetime) -> bool:
        """True if after-sales is not open at this instant."""
        return self.ends_at is None or at < self.ends_at

    def signed_at(self, at: datetime) -> datetime | None:
        """Returns the instant, up to `at`, from which the units count as signed for; None if they do not."""
        return min((end for end in (self.proven_at, self.deemed_at) if end and end <= at), default=None)

    def is_deemed(self, at: datetime) -> bool:
        """True if the units count as signed for at `at`, and the earliest signature is without evidence."""
        signed_at = self.signed_at(at)
        return signed_at is not None and signed_at != self.proven_at


def unit_locks(parcels: Parcels, line_ids: Iterable[str], lock: AfterSalesLock) -> dict[tuple[str, str], UnitLock]:
    """Returns the locks of all units that have left, by line and parcel."""
    left = [(line_id, way) for line_id in line_ids for way in parcels.journeys(line_id) if way.has_left]
    ways = {(line_id, way.parcel_id): _accepted(parcels, way, lock) for line_id, way in left}
    ends = {place: lock.ends_for(way, carrier_proves=lock.proves(way.carrier)) for place, way in ways.items()}
    if lock.scope == "order":
        known = [end for end in ends.values() if end is not None]
        ends = dict.fromkeys(ends, max(known, default=None) if len(known) == len(ends) else None)
    return {place: UnitLock(*place, ends[place], *_signatures(way, lock)) for place, way in ways.items()}


def _accepted(parcels: Parcels, way: Journey, lock: AfterSalesLock) -> Journey:
    """Returns the journey with its first signature that the lock accepts, if it has one that the lock does not."""
    parcel = parcels.of(way.parcel_id)
    if way.evidence_kind is None or lock.accepts(way.evidence_kind) or parcel is None:
        return way
    counts = [s for s in parcel.counted_signatures if s.evidence_kind is None or lock.accepts(s.evidence_kind)]
    first = min(counts, key=lambda s: (s.signed_at, s.evidence_kind is None), default=None)
    if first is None:
        return way
    signed_at = parcel.counts_from("signed_for", first.signed_at)
    return replace(way, signed_at=signed_at, evidence_kind=first.evidence_kind)


def _signatures(way: Journey, lock: AfterSalesLock) -> tuple[datetime | None, datetime | None]:
    """Returns the instants from which the units are proven and deemed to be signed for.

    A deemed signature that was recorded counts from its own instant: the policy's may have moved with a late fact.
    """
    signed_at, deemed_at = lock.signed_at(way), lock.deemed_at(way)
    if way.evidence_kind is not None:
        return signed_at, deemed_at
    return None, min((at for at in (signed_at, deemed_at) if at), default=None)
