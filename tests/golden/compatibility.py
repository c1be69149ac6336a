"""Changes of a JSON Schema that break those who rely on it: a sender of what it describes, or a reader of it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Flag, auto
from typing import Any

Schema = Mapping[str, Any]
_LOCAL = "#/$defs/"
_LOOSER: dict[str, Callable[[Any, Any], Any]] = {  # compares the new bound with the old one
    "minimum": operator.le,
    "minLength": operator.le,
    "minItems": operator.le,
    "maximum": operator.ge,
    "maxLength": operator.ge,
    "maxItems": operator.ge,
    "pattern": operator.eq,
    "format": operator.eq,
    "additionalProperties": operator.eq,
}


class Relied(Flag):
    """The side that relies on a schema: senders of input, readers of output, or both, as of a stored event."""

    INPUT = auto()
    OUTPUT = auto()
    BOTH = INPUT | OUTPUT


@dataclass(frozen=True, slots=True)
class _Pair:
    """An old and a new schema at one place, with the documents in which their references are looked up."""

    old: Any
    new: Any
    documents: tuple[Schema, Schema]
    place: str = ""

    def at(self, name: str, old: Any, new: Any) -> _Pair:
        return _Pair(old, new, self.documents, f"{self.place}/{name}")

    @property
    def resolved(self) -> _Pair:
        old, new = (_resolved(each, doc) for each, doc in zip((self.old, self.new), self.documents, strict=True))
        return _Pair(old, new, self.documents, self.place)


def breaks(old: Schema, new: Schema, relied: Relied) -> list[str]:
    """Returns what in the new schema breaks those who rely on the old one, each with its place.

    Texts for people may change. Fields may be added, but neither to a closed object that readers rely on, nor as
    needed ones to input. A list of values may get further ones: readers must expect values that they do not know.
    """
    return [*_breaks(_Pair(old, new, (old, new)), relied)]


def _breaks(unresolved: _Pair, relied: Relied) -> Iterator[str]:
    pair = unresolved.resolved
    if isinstance(pair.old, bool) or isinstance(pair.new, bool):
        if pair.old != pair.new:
            yield f"{pair.place}: {pair.old} became {pair.new}"
        return
    if "anyOf" in pair.old or "anyOf" in pair.new:
        yield from _of_choices(pair, relied, "anyOf")
        return
    for word in ("type", "$ref"):
        if pair.old.get(word) != pair.new.get(word):
            yield f"{pair.place}: {pair.old.get(word)} became {pair.new.get(word)}"
            return
    yield from _of_values(pair)
    yield from _of_bounds(pair, relied)
    yield from _of_choices(pair, relied, "oneOf")
    yield from _of_fields(pair, relied)
    for word in ("items", "additionalProperties"):
        old, new = pair.old.get(word), pair.new.get(word)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _breaks(pair.at(word, old, new), relied)


def _resolved(schema: Any, document: Schema) -> Any:
    if isinstance(schema, dict) and str(schema.get("$ref", "")).startswith(_LOCAL):
        return document["$defs"][schema["$ref"].removeprefix(_LOCAL)]
    return schema


def _of_values(pair: _Pair) -> Iterator[str]:
    old, new = _values(pair.old), _values(pair.new)
    if (old is None) != (new is None):
        yield f"{pair.place}: {old or 'any value'} became {new or 'any value'}"
    elif old and new and (gone := [each for each in old if each not in new]):
        yield f"{pair.place}: the values {gone} are gone"


def _values(schema: Schema) -> list[Any] | None:
    """Returns the allowed values. A single one is written as `const`."""
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _of_bounds(pair: _Pair, relied: Relied) -> Iterator[str]:
    """A sender relies on no bound becoming tighter, a reader on none becoming looser."""
    for word, is_looser in _LOOSER.items():
        old, new = pair.old.get(word), pair.new.get(word)
        if old == new or (isinstance(old, dict) and isinstance(new, dict)):
            continue
        looser = new is None or (old is not None and is_looser(new, old))
        tighter = old is None or (new is not None and is_looser(old, new))
        if (Relied.INPUT in relied and not looser) or (Relied.OUTPUT in relied and not tighter):
            yield f"{pair.place}: {word} {old} became {new}"


def _of_choices(pair: _Pair, relied: Relied, word: str) -> Iterator[str]:
    """A sender relies on every choice being still there, a reader on there being no other."""
    old, new = _choices(pair.old, word), _choices(pair.new, word)
    if Relied.INPUT in relied:
        lost = [each for each in old if not _fits(pair, [(each, other) for other in new], Relied.INPUT)]
        yield from (f"{pair.place}: the choice {each} is gone" for each in lost)
    if Relied.OUTPUT in relied:
        added = [each for each in new if not _fits(pair, [(other, each) for other in old], Relied.OUTPUT)]
        yield from (f"{pair.place}: the choice {each} is new" for each in added)


def _choices(schema: Schema, word: str) -> list[Any]:
    """Returns the choices. A schema without `anyOf` is the only one."""
    return [*schema.get(word, [schema] if word == "anyOf" else [])]


def _fits(pair: _Pair, choices: Iterable[tuple[Any, Any]], relied: Relied) -> bool:
    return any(next(_breaks(pair.at("", old, new), relied), None) is None for old, new in choices)


def _of_fields(pair: _Pair, relied: Relied) -> Iterator[str]:
    old, new = pair.old.get("properties", {}), pair.new.get("properties", {})
    needed, now_needed = set(pair.old.get("required", ())), set(pair.new.get("required", ()))
    for name in old.keys() - new.keys():
        yield f"{pair.place}/{name} is gone"
    if Relied.OUTPUT in relied and pair.old.get("additionalProperties") is False:
        yield from (f"{pair.place}/{name} is new in a closed object" for name in new.keys() - old.keys())
    if Relied.INPUT in relied:
        yield from (f"{pair.place}/{name} is needed now" for name in now_needed - needed)
    if Relied.OUTPUT in relied:
        yield from (f"{pair.place}/{name} may be missing now" for name in (needed - now_needed) & new.keys())
    for name in sorted(old.keys() & new.keys()):
        if name not in needed and old[name].get("default") != new[name].get("default"):
            yield f"{pair.place}/{name} has another default"
        yield from _breaks(pair.at(name, old[name], new[name]), relied)
