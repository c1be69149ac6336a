"""Types of parameters over HTTP, bounded in length and size, and the open ledger.

`tests/service/http/test_openapi.py` refuses a parameter of another type.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any, Literal

from fastapi import Depends, Header, Path, Query, Request
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from ledger import instants
from service.app import App
from service.http.limits import LONGEST_NAME, LONGEST_TARGET
from service.questions.parameters import Kind, Parameter

_IN_ONE_LINE = r"^[^\u0000-\u001f\u007f-\u009f]*$"
_WHOLE = re.compile(r"-?[0-9]{1,19}")


def _in_one_line(text: str) -> str:
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        raise ValueError("the text contains a control character; names have none")
    return text


def _written_whole(value: Any) -> Any:
    if isinstance(value, str) and not _WHOLE.fullmatch(value):
        raise ValueError("a whole number is written in digits, such as 42")
    return value


_Line = Annotated[str, AfterValidator(_in_one_line), Field(json_schema_extra={"pattern": _IN_ONE_LINE})]
Name = Annotated[_Line, StringConstraints(max_length=LONGEST_NAME)]
Word = Annotated[_Line, StringConstraints(max_length=LONGEST_TARGET)]
_IN_DIGITS = BeforeValidator(_written_whole)


async def _app(request: Request) -> App:
    app: App = request.app.state.app
    return app


OpenApp = Annotated[App, Depends(_app)]


def annotation_of(parameter: Parameter, *, in_path: bool = False) -> Any:
    """Returns the annotation of a parameter: its type, its place, and its explanation."""
    kind = _type(parameter)
    if in_path:
        return Annotated[kind, Path(description=parameter.says)]
    optional = kind if parameter.required or parameter.default is not None else kind | None
    if parameter.header:
        return Annotated[optional, Header(alias=parameter.outside.replace("_", "-"), include_in_schema=False)]
    return Annotated[optional, Query(alias=parameter.outside, description=parameter.says)]


def _type(parameter: Parameter) -> Any:
    match parameter.kind:
        case Kind.NAME:
            return Name
        case Kind.WORD:
            return Word
        case Kind.DAY:
            return instants.Day
        case Kind.INSTANT:
            return instants.Instant
        case Kind.NUMBER:
            return Annotated[int, Field(ge=parameter.least, le=parameter.most), _IN_DIGITS]
        case Kind.FLAG:
            return bool
        case Kind.CHOICE:
            return Literal[parameter.choices]
