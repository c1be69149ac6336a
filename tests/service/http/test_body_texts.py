"""Texts in the bodies of requests other than commands, whose own tests are tests/fuzz: the database can store each."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Annotated, Any, get_type_hints

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError

from ledger.limits import ODD_TEXT
from service.http.application import _ROUTERS

_HASHED = {("Code", "code")}  # stored nowhere


def _texts() -> Iterator[tuple[type[BaseModel], str]]:
    """Yields each text of the body of a request: its model, and its field."""
    for _, router in _ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute):
                for kind in get_type_hints(route.endpoint).values():
                    if inspect.isclass(kind) and issubclass(kind, BaseModel):
                        yield from ((kind, name) for name, each in kind.model_fields.items() if each.annotation is str)


TEXTS = sorted(set(_texts()), key=lambda text: (text[0].__name__, text[1]))


@pytest.mark.parametrize(("model", "field"), TEXTS, ids=lambda each: getattr(each, "__name__", each))
@pytest.mark.parametrize("odd", ["a\0b", "a\ud800b"])
def test_a_text_that_the_database_cannot_store_is_refused_or_written_otherwise(
    model: type[BaseModel], field: str, odd: str
) -> None:
    info = model.model_fields[field]
    kind: Any = str
    for constraint in info.metadata:
        kind = Annotated[kind, constraint]
    try:
        taken = TypeAdapter(kind).validate_python(odd)
    except ValidationError:
        return
    assert (model.__name__, field) in _HASHED or not ODD_TEXT.search(taken)
