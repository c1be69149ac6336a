"""Commands that one person has proposed and another must approve or reject."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, Column, RowMapping, text

from ledger.actors import Actor
from ledger.canonical import canonical
from ledger.events.proposals import ProposalApproved, ProposalMade, ProposalRejected
from ledger.ids import merchant_of
from ledger.log.rows import Recorded
from projections.balances.balances import NOW, AsOf
from projections.engine.batch import Batch, KeptRows
from projections.engine.columns import by_day, instant_column, text_column
from projections.engine.projection import Projection
from projections.engine.tables import kept_table
from projections.engine.views import Opened, Vector, Views
from projections.keyset import Key, behind

State = Literal["proposed", "approved", "rejected"]
PROPOSALS = kept_table(
    "proposals",
    text_column("stream", key=True),  # the stream in which it is decided
    text_column("kind"),  # the proposed command
    text_column("proposal_id", key=True),
    text_column("merchant"),  # '' if it concerns the platform
    text_column("data"),  # JSON data of the command
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
    """Keeps all proposals, also decided ones."""

    name = "proposals"
    version = 4
    tables = (PROPOSALS,)
    events = (
        ProposalMade,
        ProposalApproved,
        ProposalRejected,
    )

    def fold(self, batch: Batch) -> None:
        rows = batch.rows(PROPOSALS)
        for recorded in batch.events:
            _take(rows, recorded)


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal and its decision. `kind` is the proposed command, and `data` its data as JSON."""

    kind: str
    merchant: str
    proposal_id: str
    stream: str
    data: str
    reason: str
    proposer: str
    proposed_at: datetime
    state: State
    decided_by: str
    decided_at: datetime | None


_ORDER = ("proposed_at", "stream", "proposal_id")
# A proposal decided later was open at that time.
_THEN = """
SELECT p.stream, p.kind, p.merchant, p.proposal_id, p.data, p.reason, p.proposer, p.proposed_at,
       CASE WHEN over THEN p.state ELSE 'proposed' END AS state,
       CASE WHEN over THEN p.decided_by ELSE '' END AS decided_by,
       CASE WHEN over THEN p.decided_at END AS decided_at
FROM unnest(CAST(:books AS integer[]), CAST(:positions AS bigint[])) AS v(book, position)
JOIN {proposals} p ON p.book = v.book AND p.book = ANY(:books) AND NOT p.deleted AND p.proposed_position <= v.position
  AND {proposed_by}
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
    after: Key | None = None,
    timepoint: AsOf = NOW,
    at_least: Vector | None = None,
    timeout_s: float = 5.0,
) -> tuple[ProposalRow, ...]:
    """Returns the proposals after the key `after`, the oldest first, with their state at the given time.

    Raises `ViewBehind`, and ValueError for an instant in the future.
    """
    asked = {"state": state, "merchant": merchant}
    rest, key = behind(_ORDER, after)
    at = timepoint.positions(views)

    def query(opened: Opened) -> tuple[ProposalRow, ...]:
        conditions = [f"{name} = :{name}" for name, value in asked.items() if value is not None]
        vector = opened.upto(at)
        statement = f"""SELECT * FROM ({_source(opened, timepoint)}) p
            WHERE {" AND ".join((rest, *conditions))}
            ORDER BY {", ".join(_ORDER)} LIMIT :limit"""
        values = {"books": list(vector), "positions": list(vector.values()), "as_of": timepoint.as_of, "limit": limit}
        found = opened.connection.execute(text(statement), values | asked | key)
        return tuple(_proposal(row) for row in found.mappings())

    wanted = timepoint.wanted(at, at_least)
    return views.read(Proposals(), query, at_least=wanted, timeout_s=timeout_s)


def _source(opened: Opened, timepoint: AsOf) -> str:
    return _THEN.format(
        proposals=opened.generation.stored_name(PROPOSALS),
        proposed_by=by_day("p.proposed_at", timepoint.as_of),
        decided_by=by_day("p.decided_at", timepoint.as_of),
    )


def _take(rows: KeptRows, recorded: Recorded) -> None:
    match recorded.event:
        case ProposalMade() as event:
            _put(rows, recorded, event)
        case ProposalApproved() as event:
            _decide(rows, recorded, event.proposal_id, "approved", event.approver, event.approved_at)
        case ProposalRejected() as event:
            _decide(rows, recorded, event.proposal_id, "rejected", event.rejecter, event.rejected_at)


def _put(rows: KeptRows, recorded: Recorded, event: ProposalMade) -> None:
    proposed = {
        "stream": recorded.stream,
        "kind": event.command,
        "proposal_id": event.proposal_id,
        "merchant": merchant_of(recorded.stream) or "",
        "data": canonical(event.data),
        "reason": event.reason,
        "proposer": event.proposer.id,
        "proposed_at": event.proposed_at,
        "proposed_position": recorded.position,
    }
    undecided = {"state": "proposed", "decided_by": "", "decided_at": None, "decided_position": None}
    rows.put(proposed | undecided, at=recorded.position)


def _decide(rows: KeptRows, recorded: Recorded, proposal_id: str, state: State, by: Actor, at: datetime) -> None:
    row = rows.get(recorded.stream, proposal_id)
    if row is not None:
        decided = {"decided_by": by.id, "decided_at": at, "decided_position": recorded.position}
        rows.put(row | {"state": state} | decided, at=recorded.position)


def _proposal(row: RowMapping) -> ProposalRow:
    return ProposalRow(**{name: row[name] for name in ProposalRow.__dataclass_fields__})
