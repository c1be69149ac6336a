"""Schemas of answers: a pydantic model for each class of objects and rows, with money and times in their one form.

The models describe what `presented` makes of the objects. Answers are not made of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cache
from importlib import import_module
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from ledger.money import Money
from service.questions.links import LINKS
from service.questions.presentation import MoneyText
from service.questions.question import Question

_LISTS = (list, tuple, set, frozenset)
_FOLDED = Annotated[int | None, Field(description="Number of events folded for a past state; null for now.")]
_MISSING = Annotated[list[int], Field(description="Lost books that the answer lacks; only if `partial` was asked for.")]
_CLOSED = ConfigDict(extra="forbid")
_LINKS = {"links": Annotated[dict[str, str], Field(description="Addresses of the things that this names.")]}


@cache
def model_of(kind: type) -> type[BaseModel]:
    """Returns the model of a dataclass or of a pydantic class: the same fields, all of them given."""
    hints = get_type_hints(kind)
    names = [each.name for each in fields(kind)] if is_dataclass(kind) else list(kind.model_fields)  # type: ignore[attr-defined]
    of = {name: mapped(hints[name]) for name in names}
    return _model(kind.__name__, kind.__doc__ or "", of | (_LINKS if kind.__name__ in LINKS else {}))


def row_model(question: Question) -> type[BaseModel]:
    """Returns the model of the object, or of one row of the list."""
    kind = class_named(question.answer)
    if not (question.hidden or question.computed):
        return model_of(kind)
    hints = get_type_hints(kind)
    kept = {each.name: mapped(hints[each.name]) for each in fields(kind) if each.name not in question.hidden}
    more = {name: computed.type for name, computed in question.computed.items()}
    return _model(kind.__name__, kind.__doc__ or "", kept | more)


@cache
def envelope_of(question: Question) -> type[BaseModel]:
    """Returns the model of the whole answer: the one envelope, with the data of this question."""
    data: Any = row_model(question)
    title = "".join(word.capitalize() for word in question.name.replace("-", " ").split())
    more: dict[str, Any] = {"summary": model_of(class_named(question.summary))} if question.summary else {}
    more |= {"missing_books": _MISSING} if question.may_be_partial else {}
    more |= {"folded": _FOLDED} if question.folds else {}
    doc = f"The answer of {question.path}."
    return envelope_with(f"{title}Answer", doc, list[data] if question.is_list else data, **more)


def envelope_with(name: str, doc: str, data: Any, **more: Any) -> type[BaseModel]:
    """Returns the model of the one envelope with this data."""
    parts: dict[str, Any] = {
        "data": data,
        "next": Annotated[str | None, Field(description="Cursor of the next page for `after`; null at the end.")],
        "position": Annotated[str, Field(description="Position token: give it to another read as `at_least`.")],
        "incomplete": Annotated[list[str], Field(description="Events that the answer leaves out: parked or stopped.")],
        "demonstration": Annotated[bool, Field(description="True if the ledger holds made-up facts.")],
    }
    return _model(name, doc, parts | more)


def class_named(path: str) -> type:
    """Returns the class that is named as `module:Class`."""
    module, _, name = path.partition(":")
    found: type = getattr(import_module(module), name)
    return found


def mapped(annotation: Any) -> Any:
    """Returns the type of the JSON value that `presented` makes of a value of this type."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return mapped(arguments[0])
    if origin in (Union, UnionType):
        return Union[tuple(mapped(each) for each in arguments)]  # noqa: UP007 - built at run time
    if origin in _LISTS:
        return list[mapped(arguments[0])] if arguments else list[Any]  # type: ignore[misc]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return dict[str, mapped(arguments[1])]  # type: ignore[misc] # JSON has texts as keys
    return annotation if origin is not None else _plain(annotation)


def _plain(kind: Any) -> Any:
    if kind is Money:
        return MoneyText
    if kind in (Decimal, timedelta):
        return str
    if kind in (Any, None, NoneType) or not isinstance(kind, type):
        return kind
    if is_dataclass(kind) or issubclass(kind, BaseModel):
        return model_of(kind)
    return kind


def _model(name: str, doc: str, of: Mapping[str, Any]) -> type[BaseModel]:
    """Returns the closed model of these fields. A field may be left out if it is given as its type and its default."""
    fields_of: dict[str, Any] = {each: kind if isinstance(kind, tuple) else (kind, ...) for each, kind in of.items()}
    return create_model(name, __config__=_CLOSED, __doc__=doc, **fields_of)
