"""The part of recorded events that a merchant may follow: which types, and which fields of their payload.

A list of what is allowed, not of what is hidden: a new type or field is closed until a line here opens it. Left out
are prices in the buyer's currency, rates, costs and margins of the platform, providers, buyers, and who decided. A dot
leads into an object or into every element of a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic_core import from_json

from ledger.ids import merchant_of
from ledger.journal.accounts import is_merchant_account
from ledger.log.rows import Recorded
from service.feeds.cloud_events import merchant_event

_PARCEL = "order_id parcel_id happened_at location reason"
_CUSTOMS = f"{_PARCEL} customs_mode declaration_no"
_REPACKED = (
    "order_id from_parcels to_parcels tracking_no contents.parcel_id contents.items.line_id contents.items.qty"
    " contents.tracking_no happened_at"
)
_CASE = "merchant_id order_id refund_id"
_REFUNDED = " ".join(
    f"lines.{field}"
    for field in (
        *("line_id", "qty", "list_amount", "parcel_id", "released_qty", "from_pending", "from_available"),
        *("fee_back", "vat_back", "borne_by"),
    )
)
_REFUNDED_IN_ALL = "money.from_pending money.from_available money.fee_back money.vat_back"
_RETURN = f"{_CASE} return_id happened_at"
_DISPUTE = "merchant_id order_id dispute_id stage"
_REVIEW = "merchant_id product_id category_id criteria_version markets reasons"
_PAYOUT = "payout_id merchant_id amount account_ref bank_ref"
_HOLD = "hold_id merchant_id order_id line_id amount held_from reason"
_ACCOUNT = "merchant_id account_ref bank_code country currency"
_EFFECTIVE = "merchant_id effective_at"
_STANDING = "merchant_id reason effective_at"

MERCHANT_EVENTS: Mapping[str, str] = {
    "adjustment.approved": "adjustment_id merchant_id reason accounting_date approved_at",
    "dispute.lost": f"{_DISPUTE} reason liability {_REFUNDED} lost_at",
    "dispute.opened": f"{_DISPUTE} reason lines.line_id lines.qty due_by opened_at",
    "dispute.won": f"{_DISPUTE} won_at",
    "merchant.auto_export_disabled": _EFFECTIVE,
    "merchant.auto_export_enabled": _EFFECTIVE,
    "merchant.enrolled": "merchant_id country markets terms_version reason effective_at",
    "merchant.enrolment_rejected": "merchant_id markets terms_version reason effective_at",
    "merchant.enrolment_requested": "merchant_id country markets terms_version requested_at",
    "merchant.express_refund_disabled": _EFFECTIVE,
    "merchant.express_refund_enabled": _EFFECTIVE,
    "merchant.payout_account_disabled": f"{_ACCOUNT} reason disabled_at",
    "merchant.payout_account_registered": f"{_ACCOUNT} registered_at",
    "merchant.payout_account_verified": f"{_ACCOUNT} verified_at",
    "merchant.reinstated": _STANDING,
    "merchant.suspended": _STANDING,
    "merchant.withdrawn": _STANDING,
    "merchant_debt.written_off": "write_off_id merchant_id amount reason written_off_at",
    "order.cancelled": "order_id reason cancelled_at",
    "order.completed": "order_id completed_at",
    "order.confirmed": "order_id confirmed_at",
    "order.expired": "order_id reason",
    "order.line_cancelled": "order_id line_id qty reason",
    "order.placed": "order_id merchant_id market channel.type channel.content_id channel.creator_id lines.line_id"
    " lines.product_id lines.qty lines.unit_list lines.title_source lines.category_id lines.fee_rate_bps list_total"
    " fee_schedule_version after_sales_lock_version promised_warehouse_by placed_at",
    "parcel.arrived": _PARCEL,
    "parcel.available_for_pickup": f"{_PARCEL} attempt_no",
    "parcel.consolidated": _REPACKED,
    "parcel.created": "order_id parcel_id items.line_id items.qty warehouse_id",
    "parcel.damaged": _PARCEL,
    "parcel.deemed_signed": "order_id parcel_id signed_at",
    "parcel.delivery_attempted": f"{_PARCEL} attempt_no",
    "parcel.departed": _PARCEL,
    "parcel.destroyed": _PARCEL,
    "parcel.dispatched": "order_id parcel_id carrier tracking_no dispatched_at",
    "parcel.export_closed": _CUSTOMS,
    "parcel.export_declared": _CUSTOMS,
    "parcel.export_detained": _CUSTOMS,
    "parcel.export_inspected": _CUSTOMS,
    "parcel.export_rejected": _CUSTOMS,
    "parcel.export_released": _CUSTOMS,
    "parcel.found": _PARCEL,
    "parcel.import_held": _CUSTOMS,
    "parcel.import_presented": _CUSTOMS,
    "parcel.import_refused": _CUSTOMS,
    "parcel.import_released": _CUSTOMS,
    "parcel.lost": _PARCEL,
    "parcel.out_for_delivery": f"{_PARCEL} attempt_no",
    "parcel.received_at_warehouse": f"{_PARCEL} warehouse_id condition weight_g",
    "parcel.rejected_at_warehouse": f"{_PARCEL} warehouse_id condition weight_g",
    "parcel.returned_to_sender": _PARCEL,
    "parcel.returned_to_warehouse": _PARCEL,
    "parcel.returning_to_sender": _PARCEL,
    "parcel.signed_for": f"{_PARCEL} evidence_kind",
    "parcel.split": _REPACKED,
    "payout.cancelled": f"{_PAYOUT} code cancelled_at",
    "payout.failed": f"{_PAYOUT} code failed_at",
    "payout.initiated": f"{_PAYOUT} initiated_at run_id",
    "payout.paid": f"{_PAYOUT} value_date",
    "payout.returned": f"{_PAYOUT} code value_date",
    "payout.submitted": f"{_PAYOUT} submitted_at",
    "product.added_to_export_pool": "merchant_id product_id cause markets effective_at",
    "product.export_approved": f"{_REVIEW} approved_at",
    "product.export_rejected": f"{_REVIEW} rejected_at",
    "product.export_revoked": f"{_REVIEW} revoked_at",
    "product.export_status_disabled": "merchant_id product_id effective_at",
    "product.export_status_enabled": "merchant_id product_id effective_at",
    "product.removed_from_export_pool": "merchant_id product_id cause effective_at",
    "product.submitted_for_export_review": "merchant_id product_id category_id markets auto_export submitted_at",
    "product.translation_published": "merchant_id product_id locale source_version text_hash published_at",
    "refund.approved": f"{_CASE} market {_REFUNDED} {_REFUNDED_IN_ALL} liability return_required reason",
    "refund.auto_approved": f"{_CASE} market rule {_REFUNDED} {_REFUNDED_IN_ALL}",
    "refund.rejected": f"{_CASE} reason",
    "refund.requested": f"{_CASE} type lines.line_id lines.qty lines.list_amount lines.parcel_id reason express_setting"
    " rounds_required parcel_ids requested_at",
    "refund.withdrawn": f"{_CASE} reason",
    "return.authorized": f"{_RETURN} lines.line_id lines.qty lines.list_amount lines.parcel_id return_by",
    "return.expired": f"{_RETURN} return_by",
    "return.inspected": f"{_RETURN} condition disposition",
    "return.received": f"{_RETURN} condition",
    "return.shipped": f"{_RETURN} carrier tracking_no",
    "settlement.held": f"{_HOLD} parcel_id qty held_at",
    "settlement.hold_released": f"{_HOLD} hold_released_at",
    "settlement.released": "merchant_id order_id line_id parcel_id market qty gross fee vat net fee_rate_bps"
    " fee_schedule_version rule due_at released_at",
    "statement.issued": "statement_id merchant_id number run_id period_from period_to opening totals.kind"
    " totals.amount totals.lines closing lines_hash issued_at",
}
_Tree = Mapping[str, "_Tree"]


def event_for(ledger_id: str, row: Recorded, merchant: str) -> str | None:
    """Returns the event as this merchant may see it, or None if it may not see it at all.

    An event of a type that is not listed still counts if it moves the merchant's money: it has the lines, and no
    payload. So the lines of all its events come to its balances.
    """
    if merchant_of(row.stream) != merchant:
        return None
    lines = [line for line in row.lines if is_merchant_account(line["account"]) and line.get("merchant") == merchant]
    if row.type not in MERCHANT_EVENTS and not lines:
        return None
    allowed = _allowed(row.type)
    return merchant_event(ledger_id, row, _part(from_json(row.payload), allowed) if allowed else {}, lines)


@cache
def _allowed(type: str) -> _Tree:
    tree: dict[str, Any] = {}
    for path in MERCHANT_EVENTS.get(type, "").split():
        place = tree
        for name in path.split("."):
            place = place.setdefault(name, {})
    return tree


def _part(value: Any, allowed: _Tree) -> Any:
    """Returns the allowed fields of an object, or of each object of a list. A value without fields of its own is whole.

    A value that should have fields and has none, as in an event that nobody can decode, is left out.
    """
    if not allowed:
        return value
    if isinstance(value, list):
        return [_part(each, allowed) for each in value]
    if not isinstance(value, dict):
        return None
    return {name: _part(each, allowed[name]) for name, each in value.items() if name in allowed}
