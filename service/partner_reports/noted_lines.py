"""Settlement lines as unmatched items: writes a line into a note, and reads it from the note again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from ledger.events.platform import UnmatchedFactReported
from ledger.fx import Rate
from ledger.money import Money
from projections.reconciliation.waiting_references import LINE
from service.partner_facts.settlement import LineKind, ReportBatch, ReportLine

KIND = LINE
_REFS = {"batch_ref", "kind", "reference"}  # the fields that people see


@dataclass(frozen=True, slots=True)
class NotedLine:
    """A line with its file and batch: everything that a report to its order needs."""

    name: str
    digest: str
    batch: ReportBatch
    line: ReportLine
    payout_currency: str | None


class _File(BaseModel):
    name: str
    digest: str


class _Note(BaseModel):
    """The fields of a note. Notes that people recorded may have others."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    batch_ref: str
    kind: LineKind
    reference: str
    also: tuple[str, ...]
    gross: Money
    fee: Money
    net: Money
    cash: Money | None = None
    charged: Money | None = None
    rate: Rate | None = None
    line: int
    file: _File
    value_date: date
    bank_entry_ref: str
    payout_currency: str | None = None


def note_of(noted: NotedLine) -> tuple[dict[str, str], dict[str, Any]]:
    """Returns the references and the body of the line's note."""
    line, batch = noted.line, noted.batch
    note = _Note(
        batch_ref=batch.batch_ref,
        kind=line.kind,
        reference=line.reference,
        also=line.also,
        gross=line.gross,
        fee=line.fee,
        net=line.net,
        cash=line.cash,
        charged=line.charged,
        rate=line.rate,
        line=line.line,
        file=_File(name=noted.name, digest=noted.digest),
        value_date=batch.value_date,
        bank_entry_ref=batch.bank_entry_ref,
        payout_currency=noted.payout_currency,
    )
    return note.model_dump(include=_REFS), note.model_dump(mode="json", exclude=_REFS, exclude_none=True)


def noted_line(fact: UnmatchedFactReported) -> NotedLine | None:
    """Returns the line of a note; None if the fact is not a line, or lacks fields."""
    if fact.kind != KIND:
        return None
    try:
        note = _Note.model_validate(fact.body | fact.refs)
    except ValidationError:
        return None
    line = ReportLine(
        line=note.line,
        psp_ref=fact.reference,
        kind=note.kind,
        reference=note.reference,
        also=note.also,
        gross=note.gross,
        fee=note.fee,
        net=note.net,
        rate=note.rate,
        cash=note.cash,
        charged=note.charged,
    )
    batch = ReportBatch(note.batch_ref, note.value_date, note.bank_entry_ref, None, (line,))
    return NotedLine(note.file.name, note.file.digest, batch, line, note.payout_currency)
