"""Events as rows of an order's stream, without a database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ledger.events.event import Event
from ledger.log.rows import Recorded
from tests.support.given import NOW


def as_recorded(events: Sequence[Event]) -> list[Recorded]:
    """The events as rows of the order's stream."""
    return [
        Recorded(
            book=1, position=n, stream="order/M-1/O-1", version=n, type=event.name, schema_version=event.schema_version,
            event_id=str(n), occurred_at=NOW, recorded_at=NOW, accounting_date=date(2025, 4, 1), actor="", source="",
            correlation_id="", causation_id="", command_id=str(n), command_n=1, fingerprint="", legal_entity="",
            policy_versions="", payload=event.payload(), entry=None, leaf=b"",
        )
        for n, event in enumerate(events, 1)
    ]  # fmt: skip
