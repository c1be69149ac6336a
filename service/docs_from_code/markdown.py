"""Writes Markdown tables and the types of fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns a table; each cell is one line."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def sentences(text: str | None) -> str:
    """Returns a docstring as paragraphs of one line each."""
    parts = re.split(r"\n\s*\n", (text or "").strip())
    return "\n\n".join(" ".join(part.split()) for part in parts)


def fields_of(model: type[BaseModel], *, besides: Iterable[str] = ()) -> list[tuple[str, str, str]]:
    """Returns the name and type of each field, and whether it is required."""
    left_out = set(besides)
    return [
        (f"`{name}`", f"`{type_of(field)}`", "yes" if field.is_required() else "")
        for name, field in model.model_fields.items()
        if name not in left_out
    ]


def type_of(field: FieldInfo) -> str:
    """Returns the type of a field in plain words."""
    return named_type(field.annotation)


def named_type(found: Any) -> str:
    """Returns an annotation in plain words."""
    origin, parts = get_origin(found), get_args(found)
    if origin is Annotated:
        return named_type(parts[0])
    if origin in (Union, UnionType):
        return " or ".join(named_type(part) for part in parts if part is not NoneType)
    if origin is Literal:
        return " / ".join(str(part) for part in parts)
    if origin in (tuple, list):
        return f"list of {named_type(parts[0])}"
    if origin is dict:
        return f"{named_type(parts[0])} → {named_type(parts[1])}"
    if parts and getattr(origin, "__name__", "") == "Sealed":
        return f"{named_type(parts[0])}, sealed"
    return str(getattr(found, "__name__", found))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
