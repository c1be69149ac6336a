"""Who the import acts as, how its command ids begin, and how a command names the source row it came from."""

from __future__ import annotations

from ledger.actors import Actor, Source
from service.demo.olist.source import Row, SourceOrder, SourcePayment

SYSTEM = "olist"
IMPORTER = Actor(kind="importer", id=SYSTEM, role="importer")
SCOPE = f"{IMPORTER.kind}:{IMPORTER.id}/"  # how the log's command ids begin
_PREFIX = f"{SYSTEM}."
_ID_LENGTH = 32


def named(*parts: str) -> str:
    """A command id that says what it does: the same at every import of the same rows."""
    return _PREFIX + ".".join(parts)


def subject_of(command_id: str) -> str:
    """The source order, seller or product that a scoped id of ours begins with."""
    return command_id.rpartition("/")[2].removeprefix(_PREFIX)[:_ID_LENGTH]


def source_of(row: Row, *notes: str) -> Source:
    """The row, and what it says that no field of the command holds."""
    return Source(system=SYSTEM, external_id=" ".join((str(row), *notes)))


def notes_on(payment: SourcePayment, order: SourceOrder) -> tuple[str, ...]:
    """A payment's instalments, for which commands have no field; and that its time is a guess, where it is."""
    instalments = f"instalments={payment.instalments}"
    return (instalments,) if order.approved_at else (instalments, "time=purchase")
