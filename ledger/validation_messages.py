"""Validation errors in plain words: the one renderer for every entrance."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, TypeVar

from pydantic import GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import CoreSchema, ErrorDetails, core_schema

from ledger.limits import ODD_TEXT

T = TypeVar("T")

SHAPE = "shape"
_TYPE = re.compile(r".*[\[(].*|[A-Z][a-z]\w*")  # an alternative of a union in the error's path: a function or a class
_LONGEST = 60  # characters of a value in a message
_LONG_WORD = re.compile(rf"\S{{{2 * _LONGEST},}}")  # no word of ours: it comes from the value or from a field's name
_WORDS = {
    "missing": "it is missing",
    "extra_forbidden": "there is no such field",
    "unexpected_keyword_argument": "there is no such field",
    "string": "it should be a text",
    "bool": "it should be true or false",
    "int": "it should be a whole number such as 12",
    "float": "it should be a number such as 69.44",
    "decimal": "it should be a number such as 69.44",
    "list": "it should be a list",
    "tuple": "it should be a list",
    "set": "it should be a list",
    "frozen": "it should be a list",
    "dict": "it should be an object",
    "mapping": "it should be an object",
    "model": "it should be an object",
    "dataclass": "it should be an object",
    "timezone": "an instant needs its zone, such as 2025-04-01T08:00:00Z",
    "datetime": "it should be an instant such as 2025-04-01T08:00:00Z",
    "date": "it should be a day such as 2025-04-01",
    "time": "it should be a duration such as P20D",
    "none": "it should be left out",
    "string_too_short": "it should have {min_length} or more characters",
    "string_too_long": "it should have at most {max_length} characters",
    "too_short": "it should have {min_length} or more items, and has {actual_length}",
    "too_long": "it should have at most {max_length} items",
    "greater_than": "it should be more than {gt}",
    "greater_than_equal": "it should be {ge} or more",
    "less_than": "it should be less than {lt}",
    "less_than_equal": "it should be {le} or less",
}
_SHOWING = frozenset({SHAPE, "literal_error", "enum"})  # kinds of error that show the wrong value


@dataclass(frozen=True, slots=True)
class InWords:
    """The form of a text in words that complete "it should be …". It stands beside the text's pattern."""

    words: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.custom_error_schema(
            handler(source),
            custom_error_type=SHAPE,
            custom_error_message="{words}",
            custom_error_context={"words": f"it should be {self.words}"},
        )


def words_of(detail: ErrorDetails, *, shows_value: bool = False) -> str:
    """Returns one error in words, without patterns or Python terms. `shows_value` adds the wrong value."""
    kind, context = str(detail["type"]), detail.get("ctx", {})
    if kind in ("value_error", "assertion_error"):
        return cut(str(detail["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, "))
    words = _template(kind, context).format_map(context)
    value = _shown(detail.get("input")) if shows_value and kind in _SHOWING else ""
    return cut(f"{words}, not {value}" if value else words)


def read_as(adapter: TypeAdapter[T], value: object) -> T:
    """Returns the value as the type reads it. Raises ValueError in plain words."""
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise ValueError(complaint(error, shows_value=True)) from None


def complaint(error: ValueError, *, shows_value: bool = False) -> str:
    """Returns the first error with its field. For another ValueError, returns its own text."""
    if not isinstance(error, ValidationError):
        return cut(str(error))
    return complaints(error, shows_value=shows_value)[0]


def complaints(error: ValidationError, *, shows_value: bool = False) -> list[str]:
    """Returns all errors, each with its field. For a value with several allowed forms, only the last error is kept."""
    found: dict[str, str] = {}
    for each in error.errors(include_url=False):
        place = _place(each)
        words = words_of(each, shows_value=shows_value)
        found[place] = f"{place}: {words}" if place else words
    return list(found.values())


def _place(detail: ErrorDetails) -> str:
    """Returns the field's path, without the classes and functions that pydantic adds for unions."""
    return cut(".".join(map(str, takewhile(lambda part: not _TYPE.fullmatch(str(part)), detail["loc"]))))


def _template(kind: str, context: Mapping[str, Any]) -> str:
    if kind == SHAPE:
        return "{words}"
    if kind in ("literal_error", "enum"):
        return f"it should be {str(context.get('expected', '')).replace(chr(39), '')}"
    return _WORDS.get(kind) or _WORDS.get(kind.split("_")[0]) or "it is not written as it should be"


def cut(message: str) -> str:
    """Returns the message with its long words cut, and with � for what UTF-8 cannot write: it may quote any value."""
    return _LONG_WORD.sub(
        lambda word: f"{word[0][: _LONGEST - 1]}…", ODD_TEXT.sub("\N{REPLACEMENT CHARACTER}", message)
    )


def _shown(value: Any) -> str:
    if isinstance(value, str | int | float):
        text = json.dumps(value, ensure_ascii=False)
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return ""
