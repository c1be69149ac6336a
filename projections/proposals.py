"""What one person at the platform has proposed and another has to decide: commands, adjustments, and write-offs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, Column, RowMapping, text

from ledger.canonical import canonical
from ledger.events.adjustment import (
    ManualAdjustmentApproved,
    ManualAdjustmentProposed,
    ManualAdjustmentRejected,
    MerchantDebtWriteOffProposed,
    MerchantDebtWriteOffRejected,
    MerchantDebtWrittenOff,
)
from ledger.events.proposal import ProposalApproved, ProposalMade, ProposalRejected
from ledger.fx import CNY
from ledger.ids import merchant_of
from ledger.log.rows import Recorded
from ledger.money import Money, total
from ledger.who import Actor
from projections.balances import NOW, Moment
from projections.columns import by_day, instant_column, text_column
from projections.engine.batch import Batch, KeptRows
from projections.engine.reading import Opened, Vector, Views
from projections.engine.tables import kept_table
from projections.projection import Projection

State = Literal["proposed", "approved", "rejected"]
PROPOSALS = kept_table(
    "proposals",
    text_column("stream", key=True),  # where it stands and is decided
    text_column("kind", key=True),  # adjustment, write_off, or the command that is proposed
    text_column("proposal_id", key=True),
    text_column("merchant"),  # '' where it is about the platform's own
    Column("fen", BigInteger),  # CNY: what the debits come to; null of a command
    text_column("data"),  # JSON: the lines of an adjustment, the data of a command
    text_column("reason"),
    text_column("proposer"),
    instant_column("proposed_at"),
    text_column("state"),
    text_column("decided_by"),
    instant_column("decided_at"),
    Column("proposed_position", BigInteger, nullable=False),
    Column("decided_position", BigInteger),
    indexes=[("state", "proposed_at")],
)


class Proposals(Projection):
    """Decided ones stay."""

    name = "proposals"
    version = 3
    tables = (PROPOSALS,)
    events = (
        ProposalMade,
        ProposalApproved,
        ProposalRejected,
        ManualAdjustmentProposed,
        ManualAdjustmentApproved,
        ManualAdjustmentRejected,
        MerchantDebtWriteOffProposed,
        MerchantDebtWrittenOff,
        MerchantDebtWriteOffRejected,
    )

    def fold(self, batch: Batch) -> None:
        rows = batch.rows(PROPOSALS)
        for recorded in batch.events:
            _take(rows, recorded)


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal and what became of it. `amount` is CNY, None of a command; `data` says what is asked for."""

    kind: str
    merchant: str
    proposal_id: str
    stream: str
    amount: Money | None
    data: str
    reason: str
    proposer: str
    proposed_at: datetime
    state: State
    decided_by: str
    decided_at: datetime | None


# What was decided later waited then.
_THEN = """
SELECT p.stream, p.kind, p.merchant, p.proposal_id, p.fen, p.data, p.reason, p.proposer, p.proposed_at,
       CASE WHEN over THEN p.state ELSE 'proposed' END AS state,
       CASE WHEN over THEN p.decided_by ELSE '' END AS decided_by,
       CASE WHEN over THEN p.decided_at END AS decided_at
FROM unnest(CAST(:books AS integer[]), CAST(:positions AS bigint[])) AS v(book, position)
JOIN {proposals} p ON p.book = v.book AND NOT p.deleted AND p.proposed_position <= v.position AND {proposed_by}
CROSS JOIN LATERAL (
    SELECT coalesce(p.state <> 'proposed' AND p.decided_position <= v.position AND {decided_by}, false) AS over
) o
"""


def proposals(
    views: Views,
    *,
    state: State | None = "proposed",
    merchant: str | None = None,
    limit: int = 500,
    moment: Moment = NOW,
    at_least: Vector | None = None,
    timeout_s: float = 5.0,
) -> tuple[ProposalRow, ...]:
    """The proposals, the oldest first; of a moment, those there were, as they stood then.

    Raises `ViewBehind`; ValueError for an instant that has not come yet.
    """
    asked = {"state": state, "merchant": merchant}
    at = moment.positions(views)

    def query(opened: Opened) -> tuple[ProposalRow, ...]:
        conditions = [f"{name} = :{name}" for name, value in asked.items() if value is not None]
        vector = opened.upto(at)
        statement = f"""SELECT * FROM ({_source(opened, moment)}) p
            {"WHERE " if conditions else ""}{" AND ".join(conditions)}
            ORDER BY proposed_at, kind, stream, proposal_id LIMIT :limit"""
        values = {"books": list(vector), "positions": list(vector.values()), "as_of": moment.as_of, "limit": limit}
        return tuple(_proposal(row) for row in opened.connection.execute(text(statement), values | asked).mappings())

    wanted = {**(at_least or moment.at_least or {}), **(at or {})}
    return views.read(Proposals(), query, at_least=wanted, timeout_s=timeout_s)


def _source(opened: Opened, moment: Moment) -> str:
    return _THEN.format(
        proposals=opened.generation.stored_name(PROPOSALS),
        proposed_by=by_day("p.proposed_at", moment.as_of),
        decided_by=by_day("p.decided_at", moment.as_of),
    )


def _take(rows: KeptRows, recorded: Recorded) -> None:
    match recorded.event:
        case ProposalMade() as event:
            of_its_own: dict[str, object] = {"fen": None, "data": canonical(event.data)}
            _put(rows, recorded, event, kind=event.command, proposal_id=event.proposal_id, **of_its_own)
        case ManualAdjustmentProposed() as event:
            debits = total([line.base for line in event.lines if line.side == "debit"], CNY)
            lines = canonical([line.model_dump(mode="json", exclude_none=True) for line in event.lines])
            of_its_own = {"fen": debits.minor, "data": lines}
            _put(rows, recorded, event, kind="adjustment", proposal_id=event.adjustment_id, **of_its_own)
        case MerchantDebtWriteOffProposed() as event:
            of_its_own = {"fen": event.amount.minor, "data": ""}
            _put(rows, recorded, event, kind="write_off", proposal_id=event.write_off_id, **of_its_own)
        case ProposalApproved() as event:
            _decide(rows, recorded, event.command, event.proposal_id, "approved", event.approver, event.approved_at)
        case ProposalRejected() as event:
            _decide(rows, recorded, event.command, event.proposal_id, "rejected", event.rejecter, event.rejected_at)
        case ManualAdjustmentApproved() as event:
            _decide(rows, recorded, "adjustment", event.adjustment_id, "approved", event.approver, event.approved_at)
        case ManualAdjustmentRejected() as event:
            _decide(rows, recorded, "adjustment", event.adjustment_id, "rejected", event.rejecter, event.rejected_at)
        case MerchantDebtWrittenOff() as event:
            _decide(rows, recorded, "write_off", event.write_off_id, "approved", event.approver, event.written_off_at)
        case MerchantDebtWriteOffRejected() as event:
            _decide(rows, recorded, "write_off", event.write_off_id, "rejected", event.rejecter, event.rejected_at)


def _put(
    rows: KeptRows,
    recorded: Recorded,
    event: ProposalMade | ManualAdjustmentProposed | MerchantDebtWriteOffProposed,
    **of_its_own: object,
) -> None:
    proposed = {
        "stream": recorded.stream,
        "merchant": merchant_of(recorded.stream) or "",
        "reason": event.reason,
        "proposer": event.proposer.id,
        "proposed_at": event.proposed_at,
        "proposed_position": recorded.position,
    }
    undecided = {"state": "proposed", "decided_by": "", "decided_at": None, "decided_position": None}
    rows.put(proposed | of_its_own | undecided, at=recorded.position)


def _decide(
    rows: KeptRows, recorded: Recorded, kind: str, proposal_id: str, state: State, by: Actor, at: datetime
) -> None:
    row = rows.get(recorded.stream, kind, proposal_id)
    if row is not None:
        decided = {"decided_by": by.id, "decided_at": at, "decided_position": recorded.position}
        rows.put(row | {"state": state} | decided, at=recorded.position)


def _proposal(row: RowMapping) -> ProposalRow:
    values = {name: row[name] for name in ProposalRow.__dataclass_fields__ if name != "amount"}
    return ProposalRow(**values, amount=None if row["fen"] is None else Money(row["fen"], CNY))
