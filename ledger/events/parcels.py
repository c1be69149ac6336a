"""Parcels: both legs of the journey, customs, and every way it can end (domain §3.2, §4.2)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ledger.events.event import Event
from ledger.fx import Rate
from ledger.ids import Id
from ledger.money import Money
from ledger.numbers import Units
from ledger.sealed import Sealed

EvidenceKind = Literal["recipient", "household", "neighbour", "reception", "locker", "safe_place", "unspecified"]


class ParcelItem(BaseModel):
    """Some quantity of an order line inside a parcel."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line_id: Id
    qty: Units


class ParcelEvent(Event):
    """What every parcel event names. `raw_code` is the carrier's or authority's own code, kept as it came."""

    order_id: Id
    parcel_id: Id


class ParcelFact(ParcelEvent):
    """A fact on a parcel's way, with the partner's own words."""

    happened_at: datetime
    location: str = ""
    raw_code: str = ""
    reason: str = ""
    carrier: str = ""


class ParcelCreated(ParcelEvent, name="parcel.created", version=1):
    """The merchant has packed these quantities for the assigned transfer warehouse."""

    items: tuple[ParcelItem, ...]
    warehouse_id: Id


class ParcelDispatched(ParcelEvent, name="parcel.dispatched", version=1):
    """The merchant has handed the parcel to the domestic carrier: "shipped" in the programme's words."""

    carrier: Id
    tracking_no: str
    dispatched_at: datetime


class ParcelReceivedAtWarehouse(ParcelFact, name="parcel.received_at_warehouse", version=1):
    """The transfer warehouse has accepted the parcel: custody and risk pass to the platform."""

    warehouse_id: Id
    condition: str = ""
    weight_g: int | None = None


class ParcelRejectedAtWarehouse(ParcelFact, name="parcel.rejected_at_warehouse", version=1):
    """The transfer warehouse has refused the parcel."""

    warehouse_id: Id
    condition: str = ""
    weight_g: int | None = None


class ParcelContents(BaseModel):
    """What a parcel holds from here on, and the number it travels under, empty where it was not reported."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    parcel_id: Id
    items: tuple[ParcelItem, ...]
    tracking_no: str = ""


class _Repacked(Event):
    """Units that travel on in other parcels. `contents` is what moves, by the parcel it moves to."""

    order_id: Id
    from_parcels: tuple[Id, ...]
    to_parcels: tuple[Id, ...]
    tracking_no: str
    contents: tuple[ParcelContents, ...]
    happened_at: datetime


class ParcelsConsolidated(_Repacked, name="parcel.consolidated", version=1):
    """Several parcels travel on as one."""


class ParcelSplit(_Repacked, name="parcel.split", version=1):
    """One parcel travels on as several."""


class CustomsFact(ParcelFact):
    """A customs fact: the supervision mode (9610, 9710, 9810, 1210) and declaration it belongs to."""

    customs_mode: str = ""
    declaration_no: str = ""


class ExportDeclared(CustomsFact, name="parcel.export_declared", version=1):
    """The parcel is on an export declaration."""


class ExportInspected(CustomsFact, name="parcel.export_inspected", version=1):
    """Export customs has examined the parcel."""


class ExportDetained(CustomsFact, name="parcel.export_detained", version=1):
    """Export customs keeps the parcel for now."""


class ExportReleased(CustomsFact, name="parcel.export_released", version=1):
    """Export customs lets the parcel leave."""


class ExportClosed(CustomsFact, name="parcel.export_closed", version=1):
    """The export declaration is closed."""


class ExportRejected(CustomsFact, name="parcel.export_rejected", version=1):
    """Export customs does not let the parcel leave."""


class ParcelDeparted(ParcelFact, name="parcel.departed", version=1):
    """The parcel has left the country of origin."""


class ParcelArrived(ParcelFact, name="parcel.arrived", version=1):
    """The parcel has reached the destination country."""


class ImportPresented(CustomsFact, name="parcel.import_presented", version=1):
    """The parcel is before import customs."""


class ImportHeld(CustomsFact, name="parcel.import_held", version=1):
    """Import customs keeps the parcel for now."""


class ImportReleased(CustomsFact, name="parcel.import_released", version=1):
    """Import customs lets the parcel in."""


class ImportRefused(CustomsFact, name="parcel.import_refused", version=1):
    """Import customs does not let the parcel in."""


class ParcelOutForDelivery(ParcelFact, name="parcel.out_for_delivery", version=1):
    """The parcel is on its last mile."""

    attempt_no: int | None = None


class ParcelDeliveryAttempted(ParcelFact, name="parcel.delivery_attempted", version=1):
    """The carrier came and could not hand the parcel over."""

    attempt_no: int | None = None


class ParcelAvailableForPickup(ParcelFact, name="parcel.available_for_pickup", version=1):
    """The parcel waits to be collected; not a signature."""

    attempt_no: int | None = None


class ParcelSignedFor(ParcelFact, name="parcel.signed_for", version=1):
    """Last-mile proof of delivery: after-sales opens and the settlement clock starts."""

    evidence_kind: EvidenceKind
    proof_ref: str = ""
    signed_by: Sealed[str] | None = None


class ParcelDeemedSigned(ParcelEvent, name="parcel.deemed_signed", version=1):
    """A policy treats the parcel as signed for, without proof."""

    signed_at: datetime
    rule_version: int


class ParcelReturningToSender(ParcelFact, name="parcel.returning_to_sender", version=1):
    """The parcel is on its way back."""

    evidence_ref: str = ""


class ParcelReturnedToWarehouse(ParcelFact, name="parcel.returned_to_warehouse", version=1):
    """The parcel is back at the warehouse."""

    evidence_ref: str = ""


class ParcelReturnedToSender(ParcelFact, name="parcel.returned_to_sender", version=1):
    """The parcel is with its sender again. `evidence_kind` is that of the delivery this was read from; None where the
    carrier itself said returned."""

    evidence_ref: str = ""
    evidence_kind: EvidenceKind | None = None


class ParcelLost(ParcelFact, name="parcel.lost", version=1):
    """A partner has declared the parcel lost."""

    evidence_ref: str = ""


class ParcelFound(ParcelFact, name="parcel.found", version=1):
    """A parcel declared lost has turned up."""

    evidence_ref: str = ""


class ParcelDamaged(ParcelFact, name="parcel.damaged", version=1):
    """The parcel was damaged on its way."""

    evidence_ref: str = ""


class ParcelDestroyed(ParcelFact, name="parcel.destroyed", version=1):
    """The parcel no longer exists."""

    evidence_ref: str = ""


class TrackingNoted(ParcelFact, name="parcel.tracking_noted", version=1):
    """A carrier said something we have no milestone for; kept with its code."""

    text: Sealed[str] | None = None  # free text may name a person


class LogisticsChargeRecorded(Event, name="parcel.logistics_charged", version=1):
    """A partner has charged for moving the parcel; the platform bears it. `charge_ref` is the partner's own."""

    merchant_id: Id
    order_id: Id
    parcel_id: Id
    partner: Id
    charge_ref: Id
    invoice_ref: str
    kind: Id
    market: str
    amount: Money
    book_rate: Rate
    base: Money
    charged_at: datetime


class DutyAssessed(Event, name="parcel.duty_assessed", version=1):
    """Customs has assessed duty or tax on the parcel; the partner that paid it is owed it.

    `from_buyer` is what the buyer had paid us towards it, `from_buyer_base` what that stood at; the platform bears the
    rest. What the rate did in between is FX: `fx` = the value of `from_buyer` now − from_buyer_base.
    """

    merchant_id: Id
    order_id: Id
    parcel_id: Id
    partner: Id
    assessment_ref: Id
    kind: Id
    market: str
    amount: Money
    book_rate: Rate
    base: Money
    borne_by: Literal["buyer", "platform"]
    from_buyer: Money
    from_buyer_base: Money
    fx: Money
    declared_value: Money
    assessed_at: datetime
    invoice_ref: str  # of the partner, '' where it was reported otherwise
