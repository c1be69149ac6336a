"""No command accepts an instant without a zone or out of range, a quantity below one, or an open shape."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, get_args

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from commands.command import Command
from commands.menu import MENU
from commands.open_breaks import StreamName
from commands.proposable import PROPOSABLE
from ledger.actors import Actor
from ledger.ids import adjustment_stream, bank_statement_stream, order_stream, parking_stream

COMMANDS = [handler.command for handler in (MENU | PROPOSABLE).values()]


def _fields(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every field of a model and of the models inside it, by its path."""
    for name, field in model.model_fields.items():
        yield f"{path}{name}", field
        for inner in _models_in(field.annotation):
            yield from _fields(inner, f"{path}{name}.")


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _takes(model: type[BaseModel], path: str, value: Any) -> bool:
    """Returns True if the last field of a path accepts the value."""
    field = dict(_fields(model))[path]
    try:
        TypeAdapter(field.rebuild_annotation()).validate_python(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.name)
def test_every_instant_needs_its_zone(kind: type[Command]) -> None:
    instants = [path for path, field in _fields(kind) if datetime in (field.annotation, *get_args(field.annotation))]
    assert not [path for path in instants if _takes(kind, path, "2025-04-01T08:00:00")]


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.name)
def test_no_instant_lies_out_of_all_range(kind: type[Command]) -> None:
    instants = [path for path, field in _fields(kind) if datetime in (field.annotation, *get_args(field.annotation))]
    never = ("0001-01-01T00:00:00+14:00", "1999-12-31T23:59:59Z", "2026-11-01T00:00:00+23:00", 0, "1700000000")
    assert not [(path, value) for path in instants for value in never if _takes(kind, path, value)]


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.name)
def test_no_day_lies_out_of_all_range(kind: type[Command]) -> None:
    days = [path for path, field in _fields(kind) if date in (field.annotation, *get_args(field.annotation))]
    never = ("0001-01-01", "1999-12-31", 0, "20000", "2026-11-01T00:00:00")
    assert not [(path, value) for path in days for value in never if _takes(kind, path, value)]


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.name)
def test_every_quantity_is_at_least_one(kind: type[Command]) -> None:
    quantities = [path for path, _ in _fields(kind) if path.rpartition(".")[2] == "qty"]
    assert not [path for path in quantities if _takes(kind, path, 0) or _takes(kind, path, -1)]


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.name)
def test_no_shape_takes_fields_it_does_not_know(kind: type[Command]) -> None:
    shapes = {kind, *(inner for _, field in _fields(kind) for inner in _models_in(field.annotation))}
    assert not [shape.__name__ for shape in shapes if shape.model_config.get("extra") != "forbid"]


_MAKER_OR_CHECKER = re.compile(
    r"(propos|approv|check|mak|review|verifi|confirm|reject|assess|releas|request)(er|or)"
    r"|(proposed|approved|checked|verified|made)_by|second"
)


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.name)
def test_nobody_names_a_second_person(kind: type[Command]) -> None:
    """Proposer and approver are the actors of two recorded commands, never a value of a field."""
    named = [path for path, _ in _fields(kind) if _MAKER_OR_CHECKER.search(path)]
    actors = [path for path, field in _fields(kind) if Actor in (field.annotation, *get_args(field.annotation))]
    assert (named, actors) == ([], ["actor"])


def test_a_break_of_every_stream_can_be_worked() -> None:
    statement = bank_statement_stream("CN-ICBC-0001", "CNY", "ST-1-02")
    streams = (order_stream("M-1", "O-1"), parking_stream(3), adjustment_stream("A-1", "M-1"), statement)
    assert [TypeAdapter(StreamName).validate_python(stream) for stream in streams] == list(streams)
