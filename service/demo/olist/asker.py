"""The actor of the import, the prefix of its command ids, and the source row of each command."""

from __future__ import annotations

from ledger.actors import Actor, Source
from service.demo.olist.source import Row, SourceOrder, SourcePayment

SYSTEM = "olist"
IMPORTER = Actor(kind="importer", id=SYSTEM, role="importer")
SCOPE = f"{IMPORTER.kind}:{IMPORTER.id}/"  # prefix of the command ids in the log
_PREFIX = f"{SYSTEM}."
_ID_LENGTH = 32


def named(*parts: str) -> str:
    """Returns a command id made of these parts. The same rows always give the same id."""
    return _PREFIX + ".".join(parts)


def subject_of(command_id: str) -> str:
    """Returns the source order, seller or product with which one of our scoped ids begins."""
    return command_id.split("/")[1].removeprefix(_PREFIX)[:_ID_LENGTH]


def source_of(row: Row, *notes: str) -> Source:
    """Returns the source: the row, and notes for which the command has no field."""
    return Source(system=SYSTEM, external_id=" ".join((str(row), *notes)))


def notes_on(payment: SourcePayment, order: SourceOrder) -> tuple[str, ...]:
    """Returns the payment's instalments, for which commands have no field, and whether its time is estimated."""
    instalments = f"instalments={payment.instalments}"
    return (instalments,) if order.approved_at else (instalments, "time=purchase")
