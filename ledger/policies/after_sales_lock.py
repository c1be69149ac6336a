"""How long a buyer must wait after dispatch before asking for after-sales: the programme's 20-day sentence."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Literal, Protocol

from pydantic import model_validator

from ledger.deadlines import day_later, in_zone, known, later
from ledger.instants import Duration, Zone, zone_of
from ledger.policies.policy import Policy

Mode = Literal["earlier_of", "latest_of", "until_signed", "by_evidence", "fixed"]
Anchor = Literal["merchant_dispatched", "warehouse_received", "export_released", "departed"]


class Way(Protocol):
    """The instants of a parcel's way that a lock may rest on; None for what has not happened.

    `evidence_kind` is that of the signature, None where the parcel is only deemed signed.
    """

    @property
    def dispatched_at(self) -> datetime | None: ...
    @property
    def received_at_warehouse(self) -> datetime | None: ...
    @property
    def export_released_at(self) -> datetime | None: ...
    @property
    def departed_at(self) -> datetime | None: ...
    @property
    def signed_at(self) -> datetime | None: ...
    @property
    def evidence_kind(self) -> str | None: ...


class AfterSalesLock(Policy, key="after_sales_lock"):
    """Blocked from dispatch S until, with signature G and window W (statement 29, readings R1–R5 of domain §2.3):

    `earlier_of` min(G, S+W), R2, our default · `latest_of` max(G, S+W), R1, the plain grammar · `until_signed` G, R5,
    and R3 with `deemed_signature_after` = W · `by_evidence` G where the carrier proves signatures, else S+W, R4 ·
    `fixed` S+W. The version in force when the order was placed governs it.
    """

    mode: Mode
    window: Duration
    anchor: Anchor = "merchant_dispatched"
    clock: Literal["elapsed", "calendar_day"] = "elapsed"
    zone: Zone = "Asia/Shanghai"  # of calendar days
    scope: Literal["parcel_line", "order"] = "parcel_line"
    signature_evidence: tuple[str, ...]
    carriers_without_proof: tuple[str, ...] = ()  # for `by_evidence`: those that never prove a signature
    deemed_signature_after: Duration | None = None  # the anchor
    exempt_reasons: tuple[str, ...] = ()
    applies_to: tuple[str, ...] = ("buyer",)

    @model_validator(mode="after")
    def _calendar_days_are_whole(self) -> AfterSalesLock:
        if self.clock == "calendar_day" and self.window % timedelta(days=1):
            raise ValueError("a window of calendar days is a whole number of days")
        return self

    def lock_ends_at(
        self, dispatched_at: datetime, signed_at: datetime | None, *, carrier_proves: bool = True
    ) -> datetime | None:
        """The first instant at which after-sales is open; None while, on what is known, it never opens.

        `signed_at` is that of accepted evidence (`accepts`), None while there is none. `carrier_proves` matters to
        `by_evidence` only: whether this carrier proves signatures at all.
        """
        lapses_at = self.window_ends_at(dispatched_at)
        signed_at = self._signed_or_deemed(dispatched_at, signed_at)
        match self.mode:
            case "earlier_of":
                return min(signed_at, lapses_at) if signed_at else lapses_at
            case "latest_of":
                return max(signed_at, lapses_at) if signed_at else None
            case "until_signed":
                return signed_at
            case "by_evidence":
                return signed_at if carrier_proves else lapses_at
            case "fixed":
                return lapses_at

    def proves(self, carrier: str) -> bool:
        """Whether this carrier proves signatures at all."""
        return carrier not in self.carriers_without_proof

    def ends_for(self, way: Way, *, carrier_proves: bool = True) -> datetime | None:
        """The same for one parcel under way; until the anchor is reported only a signature ends the lock."""
        signed_at, begins_at = self.signed_at(way), self._begins_at(way)
        if begins_at is None:
            return signed_at
        return self.lock_ends_at(begins_at, signed_at, carrier_proves=carrier_proves)

    def signed_at(self, way: Way) -> datetime | None:
        """When the parcel was signed for by a proof that counts, or deemed to be."""
        counts = way.evidence_kind is None or self.accepts(way.evidence_kind)
        return known(way.signed_at) if counts else None

    def deemed_at(self, way: Way) -> datetime | None:
        """When the parcel is deemed signed for without any proof; None where the policy does not say so."""
        begins_at = self._begins_at(way)
        if begins_at is None or self.deemed_signature_after is None:
            return None
        return later(begins_at, self.deemed_signature_after)

    def signed_by(self, way: Way, at: datetime) -> datetime | None:
        """Since when, as of `at`, the parcel counts as signed for, proven or deemed."""
        known = (self.signed_at(way), self.deemed_at(way))
        return min((signed for signed in known if signed and signed <= at), default=None)

    def is_locked(
        self, at: datetime, dispatched_at: datetime, signed_at: datetime | None, *, carrier_proves: bool = True
    ) -> bool:
        """Whether after-sales is blocked at `at`: from dispatch on, and open at the very instant the lock ends."""
        ends_at = self.lock_ends_at(dispatched_at, signed_at, carrier_proves=carrier_proves)
        return dispatched_at <= at and (ends_at is None or at < ends_at)

    def window_ends_at(self, dispatched_at: datetime) -> datetime:
        """S + W; with calendar days, the end of the local day that many days after the day of dispatch."""
        if self.clock == "elapsed":
            return later(dispatched_at, self.window)
        zone = zone_of(self.zone)
        last_day = day_later(in_zone(dispatched_at, zone).date(), self.window)
        midnight = datetime.combine(day_later(last_day, timedelta(days=1)), time(), tzinfo=zone)
        return in_zone(midnight, dispatched_at.tzinfo or UTC)

    def accepts(self, evidence_kind: str) -> bool:
        """Whether this kind of proof counts as a signature."""
        return evidence_kind in self.signature_evidence

    def binds(self, initiator: str, reason: str) -> bool:
        """Whether a request by this kind of actor and for this reason is subject to the lock."""
        return initiator in self.applies_to and reason not in self.exempt_reasons

    def _begins_at(self, way: Way) -> datetime | None:
        match self.anchor:
            case "merchant_dispatched":
                return known(way.dispatched_at) or known(way.received_at_warehouse)
            case "warehouse_received":
                return known(way.received_at_warehouse)
            case "export_released":
                return known(way.export_released_at)
            case "departed":
                return known(way.departed_at)

    def _signed_or_deemed(self, dispatched_at: datetime, signed_at: datetime | None) -> datetime | None:
        if self.deemed_signature_after is None:
            return signed_at
        deemed_at = later(dispatched_at, self.deemed_signature_after)
        return min(signed_at, deemed_at) if signed_at else deemed_at
