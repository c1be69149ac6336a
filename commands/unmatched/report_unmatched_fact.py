"""Records a fact without a known order, which moves no money."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import field_validator

from commands.command import Report
from commands.rules import Rules
from ledger.canonical import canonical
from ledger.events.event import Event
from ledger.events.platform import UnmatchedFactReported
from ledger.ids import Id, unmatched_stream
from ledger.references import Reference
from ledger.sealed import Sealed
from ledger.streams.reference_data import UnmatchedItem


class ReportUnmatchedFact(Report, name="report_unmatched_fact"):
    """Records a fact without a known order, such as a scan with only a tracking number. It moves no money.

    `body` holds the data without floats and personal values; those go into `details`.
    """

    system: Id
    reference: Reference
    kind: Id
    refs: dict[str, str] = {}
    body: dict[str, Any] = {}
    details: Sealed[dict[str, Any]] | None = None

    @field_validator("body")
    @classmethod
    def _can_be_hashed(cls, body: dict[str, Any]) -> dict[str, Any]:
        canonical(body)
        return body

    @property
    def stream(self) -> str:
        return unmatched_stream(self.system, self.reference)


def decide(report: ReportUnmatchedFact, item: UnmatchedItem, rules: Rules) -> Iterator[Event]:
    if any((fact.kind, fact.body, fact.refs) == (report.kind, report.body, report.refs) for fact in item.noted):
        return
    yield UnmatchedFactReported(
        system=report.system,
        reference=report.reference,
        kind=report.kind,
        refs=report.refs,
        body=report.body,
        details=report.details,
        happened_at=report.happened_at,
    )
