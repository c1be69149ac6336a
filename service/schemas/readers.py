"""Readers of schemas: the roles that may read or submit what a schema describes, and the admins and auditors."""

from __future__ import annotations

from collections.abc import Iterator

from commands.menu import MENU
from commands.proposable import PROPOSABLE
from service.failures import NotKnown
from service.questions.question import ADMINS, STAFF
from service.questions.reader import Reader, RoleMayNotRead
from service.questions.registry import QUESTIONS
from service.schemas.catalogue import Kind, SchemaId, catalogue

_READERS = {question.name.replace(" ", "-"): question.readers for question in QUESTIONS.values()}
_HANDLERS = MENU | PROPOSABLE


def schemas_for(reader: Reader) -> Iterator[SchemaId]:
    """Yields the ids of the schemas that the reader may read."""
    return (id for id in catalogue() if _may_read(reader, id))


def schema_for(reader: Reader, id: SchemaId) -> bytes:
    """Returns the text of a schema. Raises `NotKnown` and `RoleMayNotRead`."""
    text = catalogue().get(id)
    if text is None:
        raise NotKnown(f"There is no schema {id.kind}/{id.name}. GET /v1/schemas lists them.")
    if not _may_read(reader, id):
        raise RoleMayNotRead(f"The role {reader.role} may not read this schema. GET /v1/schemas lists those it may.")
    return text


def _may_read(reader: Reader, id: SchemaId) -> bool:
    return id.kind is Kind.TYPES or reader.role in _roles(id)


def _roles(id: SchemaId) -> frozenset[str]:
    match id.kind:
        case Kind.ANSWERS:
            return _READERS[id.name].any | _READERS[id.name].own
        case Kind.COMMANDS:
            authority = _HANDLERS[id.name].authority
            return ADMINS.any | authority.any | authority.own
        case _:
            return STAFF.any  # the readers of the audit trail, which shows events whole
