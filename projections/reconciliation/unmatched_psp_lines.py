"""Settlement lines that providers' reports are expected to show of unmatched captures, and those they have shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Column, Date

from ledger.events.event import Event
from ledger.events.platform import (
    UnmatchedFactMatched,
    UnmatchedFactReported,
    UnmatchedPartsTaken,
    UnmatchedPaymentCaptured,
)
from ledger.events.platform_money import UnmatchedRefundPaid
from ledger.events.unmatched_money import UnmatchedFundsSettled
from ledger.log.rows import Recorded
from ledger.money import Money
from projections.engine.batch import Batch
from projections.engine.columns import text_column
from projections.engine.tables import kept_table

UNMATCHED_LINES = kept_table(
    "unmatched_psp_lines",
    text_column("reference", key=True),
    text_column("psp", key=True),
    text_column("kind", key=True),  # charge or refund
    text_column("capture_ref"),
    text_column("currency"),
    Column("minor", BigInteger, nullable=False),  # with the sign of the provider's reports
    Column("since", Date),  # NULL for a shown line whose capture we do not know
    Column("since_position", BigInteger),
    # the batch that showed it, or the stream of the order that has it now; '' while it is expected
    text_column("ended_by"),
    Column("ended_on", Date),
    Column("ended_position", BigInteger),
    indexes=[("ended_by", "since")],
)
_KINDS = ("charge", "refund")
Key = tuple[str, str, str]


def fold_line(batch: Batch, recorded: Recorded, event: Event) -> None:
    """Applies an event to the lines: expected, shown by a batch, or moved to their order."""
    rows = batch.rows(UNMATCHED_LINES)
    for key, capture_ref, amount in _expected(event):
        row = rows.get(*key) or _blank(key)
        before = (
            row["minor"] if isinstance(event, UnmatchedPaymentCaptured) else 0
        )  # a payment may be captured in several steps
        said = {"capture_ref": capture_ref, "currency": amount.currency, "minor": before + amount.minor}
        since = {"since": recorded.accounting_date, "since_position": recorded.position}
        rows.put(row | said | since, at=recorded.position)
    if isinstance(event, UnmatchedPartsTaken) and (known := rows.get(*_charge(event))):
        rows.put(known | {"minor": known["minor"] - event.amount.minor}, at=recorded.position)
    for key, by in _ended(event):
        row = rows.get(*key) or _blank(key)
        if not row["ended_by"]:
            ended = {"ended_by": by, "ended_on": recorded.accounting_date, "ended_position": recorded.position}
            rows.put(row | ended, at=recorded.position)


def keys_of_lines(event: Event) -> Iterable[Key]:
    """Yields the keys of the rows that an event changes."""
    if isinstance(event, UnmatchedPartsTaken):
        yield _charge(event)
    yield from (key for key, *_ in _expected(event))
    yield from (key for key, _ in _ended(event))


def _charge(event: UnmatchedPartsTaken) -> Key:
    return event.reference, event.system, "charge"


def _expected(event: Event) -> Iterator[tuple[Key, str, Money]]:
    match event:
        case UnmatchedPaymentCaptured():
            yield (event.capture_ref, event.psp, "charge"), event.capture_ref, event.amount
        case UnmatchedRefundPaid():
            name = event.psp_refund_ref or event.attempt_id or event.refund_id
            yield (name, event.psp, "refund"), event.capture_ref, -event.amount


def _ended(event: Event) -> Iterator[tuple[Key, str]]:
    """Yields the lines that are no longer expected here.

    An unmatched line was shown, though no order is known. Matched money is expected of its orders instead.
    """
    match event:
        case UnmatchedFundsSettled():
            yield from (
                ((ln.reference, event.psp, ln.kind), event.batch_ref) for ln in event.lines if ln.kind in _KINDS
            )
        case UnmatchedFactReported(kind="psp_line_extra", refs=refs) if refs.get("kind") in _KINDS:
            yield (refs.get("reference") or event.reference, event.system, refs["kind"]), refs.get("batch_ref", "?")
        case UnmatchedFactMatched(psp=str(psp)):
            yield (event.reference, psp, "charge"), event.streams[0]


def _blank(key: Key) -> dict[str, Any]:
    nothing: dict[str, date | int | None] = dict.fromkeys(("since", "since_position", "ended_on", "ended_position"))
    named = dict(zip(UNMATCHED_LINES.key, key, strict=True))
    return named | {"capture_ref": "", "currency": "", "minor": 0, "ended_by": ""} | nothing
