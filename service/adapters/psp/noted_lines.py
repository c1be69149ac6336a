"""Lines of a settlement report that wait in the inbox: what is noted of one, and the line read from its note again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from ledger.events.platform import InboxFactNoted
from ledger.events.psp_settlement import SettledKind
from ledger.fx import Rate
from ledger.money import Money
from service.adapters.psp.report import ReportBatch, ReportLine

KIND = "psp_line_extra"
_AMOUNTS = ("gross", "fee", "net", "cash", "charged")


@dataclass(frozen=True, slots=True)
class NotedLine:
    """A line with the file and the batch it came in: all that its order has to be told."""

    name: str
    digest: str
    batch: ReportBatch
    line: ReportLine
    payout_currency: str | None

    @property
    def refs(self) -> dict[str, str]:
        """What people see of it."""
        return {"batch_ref": self.batch.batch_ref, "kind": self.line.kind, "reference": self.line.reference}

    @property
    def body(self) -> dict[str, Any]:
        """The line as it is read again."""
        line, batch = self.line, self.batch
        amounts = {name: _written(amount) for name in _AMOUNTS if (amount := getattr(line, name)) is not None}
        return amounts | {
            "rate": _rate_written(line.rate) if line.rate else None,
            "also": list(line.also),
            "line": line.line,
            "file": {"name": self.name, "digest": self.digest},
            "value_date": batch.value_date.isoformat(),
            "bank_entry_ref": batch.bank_entry_ref,
            "payout_currency": self.payout_currency,
        }


def noted_line(note: InboxFactNoted) -> NotedLine | None:
    """Returns the line that a note is of; None where it is of something else."""
    if note.kind != KIND or "file" not in note.body:
        return None
    said, file = note.body, note.body["file"]
    amounts: dict[str, Any] = {name: _read(said[name]) for name in _AMOUNTS if name in said}
    line = ReportLine(
        line=said["line"],
        psp_ref=note.reference,
        kind=cast(SettledKind, note.refs["kind"]),
        reference=note.refs["reference"],
        also=tuple(said["also"]),
        rate=Rate(**said["rate"] | {"as_of": date.fromisoformat(said["rate"]["as_of"])}) if said["rate"] else None,
        **amounts,
    )
    batch = ReportBatch(
        batch_ref=note.refs["batch_ref"],
        value_date=date.fromisoformat(said["value_date"]),
        bank_entry_ref=said["bank_entry_ref"],
        lines=(line,),
        cash=None,
    )
    return NotedLine(file["name"], file["digest"], batch, line, said["payout_currency"])


def _written(amount: Money) -> dict[str, Any]:
    return {"currency": amount.currency, "minor": amount.minor}


def _rate_written(rate: Rate) -> dict[str, str]:
    return {
        "base": rate.base,
        "quote": rate.quote,
        "value": rate.value,
        "kind": rate.kind,
        "source": rate.source,
        "as_of": rate.as_of.isoformat(),
    }


def _read(amount: dict[str, Any]) -> Money:
    return Money(amount["minor"], amount["currency"])
