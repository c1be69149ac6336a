"""The tables of customer tracking: facts and deadlines, never a CNY amount, a merchant's fee or a partner's name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, DateTime, Integer, Text

from projections.engine.batch import Row
from projections.engine.tables import appended_table, kept_table


def _text(name: str, *, key: bool = False) -> Column[Any]:
    return Column(name, Text(collation="C"), primary_key=key)


def _instant(name: str) -> Column[Any]:
    return Column(name, DateTime(timezone=True))  # null: it has not happened


def _order_key() -> tuple[Column[Any], ...]:
    return _text("order_id", key=True), _text("merchant", key=True)


ORDERS = kept_table(
    "tracked_orders",
    *_order_key(),
    _text("status"),  # unplaced, placed, confirmed, expired, cancelled
    _text("buyer_ref"),
    _text("market"),
    _instant("placed_at"),
    _instant("promised_by"),
    Column("lock_version", Integer, nullable=False),  # of the after-sales lock; 0 before the order is placed
    _text("lines"),  # JSON: line_id, title as it was shown, qty; of it cancelled unpaid, and refunded unshipped
    _text("open_cases"),  # JSON: by open after-sales case its units by line and parcel; if it only waits for the goods
    _text("refunds"),  # JSON: by case what was asked or granted, and how far it is, in the buyer's currency
    _text("disputes"),  # JSON: by dispute at the card issuer its units by line, none for all, and the cases before it
    _text("unsaid"),  # JSON: the marks of the names of who had its parcels or charged for them (`names_of`)
    indexes=[("buyer_ref",)],
)
PARCELS = kept_table(
    "tracked_parcels",
    *_order_key(),
    _text("parcel_id", key=True),
    _text("items"),  # JSON: line_id, qty, and of it refunded since it left
    _text("stage"),
    _text("milestone"),
    _instant("occurred_at"),
    _text("location"),
    _instant("dispatched_at"),
    _instant("received_at_warehouse"),
    _instant("export_released_at"),
    _instant("departed_at"),
    _instant("signed_at"),
    _text("evidence_kind"),
    _text("deliveries"),  # JSON: every delivery with its proof, and the facts that say to whom they went
    _text("hand_overs"),  # JSON: when it was handed over, and the mark of the carrier (`mark_of`)
    _text("carried_by"),  # JSON: the last of the carriers that said they had it, in the same way
    _text("way_milestone"),  # the furthest fact but for those that a later one may undo
    _instant("way_at"),
    _text("way_location"),
    _text("turns"),  # JSON: the last of each fact that a later one may undo, and of each that undoes one
    _text("came_from"),  # JSON: the parcels its units came from, and when each of those was handed over
    _text("went_into"),  # JSON: the parcels its units travel on in
    _instant("moved_at"),
)
TIMELINE = appended_table(
    "tracking_timeline",
    _text("parcel_id", key=True),  # one event may be about several parcels
    _text("order_id"),
    _text("merchant"),
    _text("milestone"),
    Column("happened_at", DateTime(timezone=True), nullable=False),
    _text("location"),
    Column("to_recipient", Boolean, nullable=False),  # a delivery of which the carrier names the recipient
    indexes=[("order_id", "merchant")],
)
LOCKS = kept_table(
    "after_sales_locks", Column("version", Integer, primary_key=True, autoincrement=False), _text("content")
)
RETURN_WINDOWS = kept_table(
    "return_windows",
    Column("version", Integer, primary_key=True, autoincrement=False),
    _instant("effective_from"),
    _text("content"),
)

BLANK_ORDER: Row = {
    "status": "unplaced", "buyer_ref": "", "market": "", "placed_at": None, "promised_by": None, "lock_version": 0,
    "lines": "[]", "open_cases": "{}", "refunds": "{}", "disputes": "{}", "unsaid": "[]",
}  # fmt: skip
BLANK_PARCEL: Row = {
    column: "" if isinstance(PARCELS.shape.c[column].type, Text) else None
    for column in PARCELS.columns
    if column not in ("book", *PARCELS.key, "changed_at_position", "deleted")
} | {
    "items": "[]", "came_from": "{}", "went_into": "[]", "deliveries": "[]", "hand_overs": "[]", "carried_by": "[]",
    "turns": "{}",
}  # fmt: skip
