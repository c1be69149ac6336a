"""Golden samples of events: their files, and how the first one of a new event is made.

`python -m tests.golden.samples` writes the samples that are missing. One that is there is never written again: a
published event is never edited, a new shape is a new version.
"""

from __future__ import annotations

import importlib
import pkgutil
import types
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel

import ledger.events
from ledger.events.event import EVENTS, Event
from ledger.fx import Rate
from ledger.money import Money
from ledger.sealed import Sealed

FOLDER = Path(__file__).parent / "events"

_PLAIN: dict[Any, Any] = {
    bool: True,
    int: 3,
    Any: "anything",
    datetime: "2025-04-01T08:00:00.123456Z",
    AwareDatetime: "2025-04-01T08:00:00.123456Z",
    date: "2025-04-01",
    timedelta: "P7D",
    Money: {"currency": "USD", "minor": 6944},
    Rate: {
        "base": "USD",
        "quote": "CNY",
        "value": "7.1800",
        "kind": "book",
        "source": "sample",
        "as_of": "2025-04-01",
    },
}
_NAMED = {"market": "US", "period": "2025-03"}  # texts of a certain form


def all_events() -> dict[tuple[str, int], type[Event]]:
    """Every event there is: all modules of `ledger.events` imported."""
    for module in pkgutil.iter_modules(ledger.events.__path__):
        importlib.import_module(f"ledger.events.{module.name}")
    return {key: kind for key, kind in EVENTS.items() if kind.__module__.startswith("ledger.")}


def sample_file(name: str, version: int) -> Path:
    return FOLDER / f"{name}.v{version}.json"


def make_sample(kind: type[Event]) -> str:
    """A payload with every field set, the same each time."""
    return kind.model_validate(_model(kind)).payload()


def _model(kind: type[BaseModel]) -> dict[str, Any]:
    return {name: _value(field.annotation, name) for name, field in kind.model_fields.items()}


def _value(annotation: Any, name: str) -> Any:
    if annotation is str:
        return _NAMED.get(name, name.replace("_", "-"))
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _model(annotation)
    if annotation is Sealed or get_origin(annotation) is Sealed:
        return {"box": "c2VhbGVk", "subject": "B-1"}
    return _composed(annotation, name)


def _composed(annotation: Any, name: str) -> Any:
    parts = get_args(annotation)
    match get_origin(annotation):
        case origin if origin is Annotated:
            return _value(parts[0], name)
        case origin if origin is Literal:
            return parts[0]
        case origin if origin in (Union, types.UnionType):
            return _value(next(part for part in parts if part is not type(None)), name)
        case origin if origin in (tuple, list, frozenset, set):
            return [_value(parts[0], name)]
        case origin if origin is dict:
            return {_value(parts[0], name): _value(parts[1], name)}
    raise TypeError(f"no sample of {annotation!r} for {name!r} is known: add one")


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for (name, version), kind in sorted(all_events().items()):
        if not sample_file(name, version).exists():
            sample_file(name, version).write_text(make_sample(kind) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
