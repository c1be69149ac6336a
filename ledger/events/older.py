"""Events in the shapes they were first stored in, and how each is lifted to its next version."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ledger.events.event import UPCASTS, Event
from ledger.events.refund import RefundApproved
from ledger.events.settlement import HeldFrom
from ledger.fx import Rate
from ledger.ids import Id
from ledger.money import Money


class _RegroupedV1(Event):
    """Named the parcels, not what moved between them."""

    order_id: Id
    from_parcels: tuple[Id, ...]
    to_parcels: tuple[Id, ...]
    tracking_no: str
    happened_at: datetime


class ParcelsConsolidatedV1(_RegroupedV1, name="parcel.consolidated", version=1):
    """Several parcels travel on as one."""


class ParcelSplitV1(_RegroupedV1, name="parcel.split", version=1):
    """One parcel travels on as several."""


def _nothing_is_known_to_move(payload: dict[str, Any]) -> dict[str, Any]:
    return payload | {"contents": []}


UPCASTS["parcel.consolidated", 1] = _nothing_is_known_to_move
UPCASTS["parcel.split", 1] = _nothing_is_known_to_move


class _CaseV1(Event):
    merchant_id: Id
    order_id: Id
    refund_id: Id


class ReturnExpiredV1(_CaseV1, name="return.expired", version=1):
    """Said nothing of the approval that waited for the goods."""

    return_id: Id
    happened_at: datetime
    return_by: datetime


class ReturnExpiredV2(_CaseV1, name="return.expired", version=2):
    """Undid all of the approval or nothing."""

    return_id: Id
    happened_at: datetime
    return_by: datetime
    undone: RefundApproved | None = None


class RefundPaidByAlternativeV1(_CaseV1, name="refund.paid_by_alternative", version=1):
    """Did not name the two people."""

    method: str
    reference: str
    amount: Money
    book_rate: Rate
    base: Money
    carried: Money
    fx: Money


class SettlementHeldV1(Event, name="settlement.held", version=1):
    """Held all that was pending of a line."""

    hold_id: Id
    merchant_id: Id
    order_id: Id | None = None
    line_id: Id | None = None
    amount: Money
    held_from: HeldFrom
    reason: str
    held_at: datetime


def _nothing_was_undone(payload: dict[str, Any]) -> dict[str, Any]:
    return payload | {"undone": None}


def _nothing_was_kept(payload: dict[str, Any]) -> dict[str, Any]:
    return payload | {"kept": None}


def _all_of_the_line_was_held(payload: dict[str, Any]) -> dict[str, Any]:
    return payload | {"parcel_id": None, "qty": None}


def _by_unnamed_people(payload: dict[str, Any]) -> dict[str, Any]:
    return payload | {"proposer": "unknown", "approver": "unknown"}


UPCASTS["return.expired", 1] = _nothing_was_undone
UPCASTS["return.expired", 2] = _nothing_was_kept
UPCASTS["refund.paid_by_alternative", 1] = _by_unnamed_people
UPCASTS["settlement.held", 1] = _all_of_the_line_was_held


class DutyAssessedV1(Event, name="parcel.duty_assessed", version=1):
    """Did not say on which invoice of the partner it stands."""

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


def _of_no_invoice(payload: dict[str, Any]) -> dict[str, Any]:
    return payload | {"invoice_ref": ""}


UPCASTS["parcel.duty_assessed", 1] = _of_no_invoice
