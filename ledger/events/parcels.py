"""Parcels: both legs of the journey, customs, and every way in which it can end (domain §3.2, §4.2)."""

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
    """The quantity of an order line in a parcel."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line_id: Id
    qty: Units


class ParcelEvent(Event):
    """Fields of every parcel event."""

    order_id: Id
    parcel_id: Id


class ParcelFact(ParcelEvent):
    """A fact of a parcel's journey. `raw_code` is the carrier's or authority's own code, unchanged."""

    happened_at: datetime
    location: str = ""
    raw_code: str = ""
    reason: str = ""
    carrier: str = ""


class ParcelCreated(ParcelEvent, name="parcel.created", version=1):
    """The merchant has packed these units for the transfer warehouse."""

    items: tuple[ParcelItem, ...]
    warehouse_id: Id


class ParcelDispatched(ParcelEvent, name="parcel.dispatched", version=1):
    """The merchant has handed the parcel to the domestic carrier. The programme calls this "shipped"."""

    carrier: Id
    tracking_no: str
    dispatched_at: datetime


class ParcelReceivedAtWarehouse(ParcelFact, name="parcel.received_at_warehouse", version=1):
    """The transfer warehouse has accepted the parcel. Custody and risk pass to the platform. `weight_g` is in grams."""

    warehouse_id: Id
    condition: str = ""
    weight_g: int | None = None


class ParcelRejectedAtWarehouse(ParcelFact, name="parcel.rejected_at_warehouse", version=1):
    """The transfer warehouse has refused the parcel. `weight_g` is in grams."""

    warehouse_id: Id
    condition: str = ""
    weight_g: int | None = None


class ParcelContents(BaseModel):
    """The units that a parcel has got by repacking, and its tracking number, empty if none was reported."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    parcel_id: Id
    items: tuple[ParcelItem, ...]
    tracking_no: str = ""


class _Repacked(Event):
    """Units travel on in other parcels. `contents` lists the units that move, by the parcel they move to."""

    order_id: Id
    from_parcels: tuple[Id, ...]
    to_parcels: tuple[Id, ...]
    tracking_no: str
    contents: tuple[ParcelContents, ...]
    happened_at: datetime


class ParcelsConsolidated(_Repacked, name="parcel.consolidated", version=1):
    """Several parcels travel on as one.

    `contents` lists the units that move, by the parcel they move to.
    """


class ParcelSplit(_Repacked, name="parcel.split", version=1):
    """One parcel travels on as several.

    `contents` lists the units that move, by the parcel they move to.
    """


class CustomsFact(ParcelFact):
    """A customs fact, with the supervision mode (9610, 9710, 9810, 1210) and the number of its declaration."""

    customs_mode: str = ""
    declaration_no: str = ""


class ExportDeclared(CustomsFact, name="parcel.export_declared", version=1):
    """The parcel is on an export declaration."""


class ExportInspected(CustomsFact, name="parcel.export_inspected", version=1):
    """Export customs has examined the parcel."""


class ExportDetained(CustomsFact, name="parcel.export_detained", version=1):
    """Export customs holds the parcel for now."""


class ExportReleased(CustomsFact, name="parcel.export_released", version=1):
    """Export customs has cleared the parcel."""


class ExportClosed(CustomsFact, name="parcel.export_closed", version=1):
    """The export declaration is closed."""


class ExportRejected(CustomsFact, name="parcel.export_rejected", version=1):
    """Export customs has refused the parcel."""


class ParcelDeparted(ParcelFact, name="parcel.departed", version=1):
    """The parcel has left the country of origin."""


class ParcelArrived(ParcelFact, name="parcel.arrived", version=1):
    """The parcel has reached the destination country."""


class ImportPresented(CustomsFact, name="parcel.import_presented", version=1):
    """The parcel is presented to import customs."""


class ImportHeld(CustomsFact, name="parcel.import_held", version=1):
    """Import customs holds the parcel for now."""


class ImportReleased(CustomsFact, name="parcel.import_released", version=1):
    """Import customs has cleared the parcel."""


class ImportRefused(CustomsFact, name="parcel.import_refused", version=1):
    """Import customs has refused the parcel."""


class ParcelOutForDelivery(ParcelFact, name="parcel.out_for_delivery", version=1):
    """The parcel is on its last mile. `attempt_no` counts the carrier's delivery attempts from 1."""

    attempt_no: int | None = None


class ParcelDeliveryAttempted(ParcelFact, name="parcel.delivery_attempted", version=1):
    """The carrier came and could not hand the parcel over."""

    attempt_no: int | None = None


class ParcelAvailableForPickup(ParcelFact, name="parcel.available_for_pickup", version=1):
    """The parcel waits to be collected. This is not a signature."""

    attempt_no: int | None = None


class ParcelSignedFor(ParcelFact, name="parcel.signed_for", version=1):
    """The last-mile carrier has reported proof of delivery. After-sales opens, and the release period starts.

    `evidence_kind` says who or what took the parcel; `proof_ref` names the carrier's document.
    """

    evidence_kind: EvidenceKind
    proof_ref: str = ""
    signed_by: Sealed[str] | None = None


class ParcelDeemedSigned(ParcelEvent, name="parcel.deemed_signed", version=1):
    """The policy treats the parcel as signed for from `signed_at` on, without proof. `rule_version` is the policy's."""

    signed_at: datetime
    rule_version: int


class ParcelReturningToSender(ParcelFact, name="parcel.returning_to_sender", version=1):
    """The parcel is on its way back to the sender."""

    evidence_ref: str = ""


class ParcelReturnedToWarehouse(ParcelFact, name="parcel.returned_to_warehouse", version=1):
    """The parcel is back at the warehouse."""

    evidence_ref: str = ""


class ParcelReturnedToSender(ParcelFact, name="parcel.returned_to_sender", version=1):
    """The parcel is back with its sender.

    If this was read from a report of a delivery, `evidence_kind` is that of the delivery. It is None if the carrier
    itself reported the return.
    """

    evidence_ref: str = ""
    evidence_kind: EvidenceKind | None = None


class ParcelLost(ParcelFact, name="parcel.lost", version=1):
    """A partner has declared the parcel lost."""

    evidence_ref: str = ""


class ParcelFound(ParcelFact, name="parcel.found", version=1):
    """A parcel that was declared lost has been found."""

    evidence_ref: str = ""


class ParcelDamaged(ParcelFact, name="parcel.damaged", version=1):
    """The parcel was damaged on its way."""

    evidence_ref: str = ""


class ParcelDestroyed(ParcelFact, name="parcel.destroyed", version=1):
    """The parcel no longer exists."""

    evidence_ref: str = ""


class TrackingNoted(ParcelFact, name="parcel.tracking_noted", version=1):
    """A carrier has reported a code that no milestone is mapped to. It is recorded without effect."""

    text: Sealed[str] | None = None  # sealed: free text may name a person


class LogisticsChargeRecorded(Event, name="parcel.logistics_charged", version=1):
    """A partner has charged `amount` for moving the parcel. The platform bears it.

    `charge_ref` is the partner's reference; `base` is `amount` in CNY at `book_rate`, the rate of the day.
    """

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
    """Customs has assessed duty or tax on the parcel. The partner has paid it, and we owe it to the partner.

    `base` is `amount` in CNY at `book_rate`, the rate of the day. `from_buyer` is the part that the buyer has paid to
    us before, and `from_buyer_base` its CNY value in 2320. The platform bears the rest. `fx` = the CNY value of
    `from_buyer` today − from_buyer_base (a loss is positive). `declared_value` is the value that customs was given.
    `invoice_ref` is empty if no invoice of the partner reported it.
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
    invoice_ref: str  # the partner's invoice; empty if none reported it
