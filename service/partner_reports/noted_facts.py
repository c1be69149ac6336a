"""Providers' facts as unmatched items: writes a fact into a note, and reads it from the note again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from commands.limits import kept_text
from commands.unmatched.report_unmatched_fact import ReportUnmatchedFact
from ledger.events.platform import UnmatchedFactReported
from ledger.limits import LARGEST_NUMBER
from ledger.money import Money
from service.partner_facts.payments import PROVIDER_FACTS, ProviderFact

_PREFIX = "psp_"
_UNNAMED = "unnamed"  # for a message with neither id nor reference


def note_of(fact: ProviderFact, envelope: Mapping[str, Any]) -> ReportUnmatchedFact:
    """Returns the unmatched item of a fact."""
    return ReportUnmatchedFact(
        **envelope,
        system=fact.psp,
        reference=next(filter(None, (*fact.names, fact.message_id)), _UNNAMED),
        kind=f"{_PREFIX}{fact.kind}",
        refs={"type": kept_text(fact.type), "named": kept_text(",".join(fact.names))},
        body={"said": {name: _plain(value) for name, value in fact.said.items()}},
    )


def noted_fact(note: UnmatchedFactReported, message_id: str) -> ProviderFact | None:
    """Returns the fact of an unmatched item; None if the item is not a provider's fact."""
    fact = PROVIDER_FACTS.get(note.kind.removeprefix(_PREFIX))
    said = note.body.get("said")
    if fact is None or not note.kind.startswith(_PREFIX) or not isinstance(said, Mapping):
        return None
    if not said.keys() <= fact.own_fields().keys():
        return None
    return fact(
        psp=note.system,
        message_id=message_id,
        type=note.refs.get("type", ""),
        happened_at=note.happened_at,
        names=tuple(name for name in note.refs.get("named", "").split(",") if name),
        **{name: _reported(value) for name, value in said.items()},
    )


def _plain(value: Any) -> Any:
    """Returns the JSON value of a field, from which the report can be made later."""
    match value:
        case Money():
            return {"currency": value.currency, "minor": value.minor}
        case datetime():
            return value.isoformat()
        case str():
            return kept_text(value)
        case None | bool():
            return value
        case int() if abs(value) <= LARGEST_NUMBER:
            return value
    return kept_text(str(value))  # a float or another unexpected value is kept as text and never becomes an amount


def _reported(value: Any) -> Any:
    match value:
        case {"currency": str(currency), "minor": int(minor)}:
            return Money(minor, currency)
    return value
