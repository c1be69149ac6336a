"""Schemas of the rows of views. A view's version is a part of the name: other rows have another schema."""

from __future__ import annotations

import sys
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Integer, Text, Uuid
from sqlalchemy.types import TypeEngine

from projections.engine.columns import WholeNumber
from projections.engine.projection import Projection
from projections.engine.tables import ViewTable
from projections.registry import PROJECTIONS
from service.schemas.catalogue import Schema
from service.schemas.made.shared_types import type_ref

_TYPES: tuple[tuple[type[TypeEngine[Any]], Schema], ...] = (
    (Boolean, {"type": "boolean"}),
    (BigInteger, {"type": "integer"}),
    (Integer, {"type": "integer"}),
    (WholeNumber, {"type": "integer"}),
    (Text, {"type": "string"}),
    (DateTime, type_ref("instant")),
    (Date, type_ref("day")),
    (Uuid, {"type": "string", "format": "uuid"}),
)


def views() -> dict[str, Schema]:
    """Returns the schema of each view by its name and version. Each table's rows have an anchor with its name."""
    return {f"{view.name}.v{view.version}": _view(view) for view in PROJECTIONS.values()}


def _view(view: Projection) -> Schema:
    purpose = " ".join((sys.modules[type(view).__module__].__doc__ or "").split())
    return {
        "description": purpose,
        "anyOf": [{"$ref": f"#/$defs/{table.name}"} for table in view.tables],
        "$defs": {table.name: _row(table) for table in view.tables},
    }


def _row(table: ViewTable) -> Schema:
    return {
        "$anchor": table.name,
        "type": "object",
        "description": _says(table),
        "required": list(table.columns),
        "properties": {column.name: _column(column) for column in table.shape.columns},
    }


def _says(table: ViewTable) -> str:
    key = ", ".join(("book", *table.key))
    life = "written once" if table.appended else "changed by later events; a deleted row stays, with `deleted`"
    return f"A row of `{table.name}`, {life}. Its key: {key}."


def _column(column: Column[Any]) -> Schema:
    schema = next(schema for kind, schema in _TYPES if isinstance(column.type, kind))
    return {"anyOf": [schema, {"type": "null"}]} if column.nullable else schema
