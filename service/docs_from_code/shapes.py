"""Writes sections for the shapes inside commands and events, to which the types of fields link."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel

from ledger.fx import Rate
from ledger.money import Money
from service.docs_from_code.markdown import fields_of, named_type, sentences, table


def shapes(models: Iterable[type[BaseModel]]) -> str:
    """Returns a section for every shape in the models, at any depth, by name."""
    found: dict[str, type[Any]] = {}
    for model in models:
        _collect(model, found)
    return "".join(_section(name, found[name]) for name in sorted(found))


def _collect(model: type[Any], found: dict[str, type[Any]]) -> None:
    for annotation in _annotations(model):
        for shape in _shapes_in(annotation):
            if shape.__name__ not in found:
                found[shape.__name__] = shape
                _collect(shape, found)


def _annotations(model: type[Any]) -> list[Any]:
    if issubclass(model, BaseModel):
        return [field.annotation for field in model.model_fields.values()]
    return list(get_type_hints(model).values())


def _shapes_in(annotation: Any) -> Iterable[type[Any]]:
    if isinstance(annotation, type) and (annotation in (Money, Rate) or issubclass(annotation, BaseModel)):
        yield annotation
    for part in get_args(annotation):
        yield from _shapes_in(part)


def _section(name: str, shape: type[Any]) -> str:
    if is_dataclass(shape):
        hints = get_type_hints(shape)
        rows = [(f"`{field.name}`", f"`{named_type(hints[field.name])}`", "yes") for field in fields(shape)]
    else:
        rows = fields_of(shape)
    return f"\n### {name}\n\n{sentences(shape.__doc__)}\n\n{table(('Field', 'Type', 'Needed'), rows)}\n"
