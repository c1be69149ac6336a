"""The after-sales lock: the time after dispatch in which a buyer cannot request after-sales service."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Literal, Protocol

from pydantic import model_validator

from ledger.carrier_marks import mark_of
from ledger.deadlines import day_later, in_zone, known, later
from ledger.instants import Duration, Zone, zone_of
from ledger.policies.policy import Policy

Mode = Literal["earlier_of", "latest_of", "until_signed", "by_evidence", "fixed"]
Anchor = Literal["merchant_dispatched", "warehouse_received", "export_released", "departed"]


class Way(Protocol):
    """The instants of a parcel that a lock may use; None for what has not happened.

    `evidence_kind` is the kind of the signature; None if the parcel is only deemed signed.
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
    """After-sales is locked from dispatch S until an end that `mode` computes from signature G and window W (statement
    29, readings R1–R5 of domain §2.3).

    `earlier_of`: min(G, S+W), R2, the default. `latest_of`: max(G, S+W), R1, the literal reading. `until_signed`: G,
    R5; it is R3 with `deemed_signature_after` = W. `by_evidence`: G if the carrier proves signatures, else S+W, R4.
    `fixed`: S+W. An order keeps the version that was in force when it was placed.
    """

    mode: Mode
    window: Duration
    anchor: Anchor = "merchant_dispatched"
    clock: Literal["elapsed", "calendar_day"] = "elapsed"
    zone: Zone = "Asia/Shanghai"  # of calendar days
    scope: Literal["parcel_line", "order"] = "parcel_line"
    signature_evidence: tuple[str, ...]
    carriers_without_proof: tuple[str, ...] = ()  # for `by_evidence`: carriers that never prove a signature
    deemed_signature_after: Duration | None = None  # counted from the anchor
    exempt_reasons: tuple[str, ...] = ()
    applies_to: tuple[str, ...] = ("buyer",)

    @model_validator(mode="after")
    def _calendar_days_are_whole(self) -> AfterSalesLock:
        if self.clock == "calendar_day" and self.window % timedelta(days=1):
            raise ValueError("a window of calendar days must be a whole number of days")
        return self

    def lock_ends_at(
        self, dispatched_at: datetime, signed_at: datetime | None, *, carrier_proves: bool = True
    ) -> datetime | None:
        """Returns the first instant at which after-sales is open; None as long as no end is known.

        `signed_at` is that of accepted evidence (`accepts`), or None. `carrier_proves` says if the carrier proves
        signatures; only `by_evidence` uses it.
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
        """True if this carrier, given by its name or its mark, proves signatures."""
        return mark_of(carrier) not in map(mark_of, self.carriers_without_proof)

    def ends_for(self, way: Way, *, carrier_proves: bool = True) -> datetime | None:
        """Returns the end of one parcel's lock. Before the anchor is reported, only a signature ends the lock."""
        signed_at, begins_at = self.signed_at(way), self._begins_at(way)
        if begins_at is None:
            return signed_at
        return self.lock_ends_at(begins_at, signed_at, carrier_proves=carrier_proves)

    def signed_at(self, way: Way) -> datetime | None:
        """Returns the instant of the parcel's signature, if its evidence is accepted; else None."""
        counts = way.evidence_kind is None or self.accepts(way.evidence_kind)
        return known(way.signed_at) if counts else None

    def deemed_at(self, way: Way) -> datetime | None:
        """Returns the instant at which the parcel is deemed signed without proof; None if it never is."""
        begins_at = self._begins_at(way)
        if begins_at is None or self.deemed_signature_after is None:
            return None
        return later(begins_at, self.deemed_signature_after)

    def signed_by(self, way: Way, at: datetime) -> datetime | None:
        """Returns the instant, up to `at`, from which the parcel counts as signed, proven or deemed; None if it does
        not.
        """
        known = (self.signed_at(way), self.deemed_at(way))
        return min((signed for signed in known if signed and signed <= at), default=None)

    def is_locked(
        self, at: datetime, dispatched_at: datetime, signed_at: datetime | None, *, carrier_proves: bool = True
    ) -> bool:
        """True if after-sales is locked at `at`: from dispatch on, up to but not including the end."""
        ends_at = self.lock_ends_at(dispatched_at, signed_at, carrier_proves=carrier_proves)
        return dispatched_at <= at and (ends_at is None or at < ends_at)

    def window_ends_at(self, dispatched_at: datetime) -> datetime:
        """Returns S + W. For calendar days, the end of the local day that is W days after the day of dispatch."""
        if self.clock == "elapsed":
            return later(dispatched_at, self.window)
        zone = zone_of(self.zone)
        last_day = day_later(in_zone(dispatched_at, zone).date(), self.window)
        midnight = datetime.combine(day_later(last_day, timedelta(days=1)), time(), tzinfo=zone)
        return in_zone(midnight, dispatched_at.tzinfo or UTC)

    def accepts(self, evidence_kind: str) -> bool:
        """True if this kind of evidence counts as a signature."""
        return evidence_kind in self.signature_evidence

    def binds(self, initiator: str, reason: str) -> bool:
        """True if a request of this kind of actor, for this reason, is subject to the lock."""
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
