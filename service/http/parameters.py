"""What the addresses have in common: the open ledger, tokens, instants with a zone, cursors of pages."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from ledger import instants
from ledger.log.cursor import Cursor
from projections.audit_trail import AuditTrail
from projections.trail import TrailCursor
from service.app import App
from service.http.errors import BadParameter

_CURSOR = TypeAdapter(TrailCursor)


def _app(request: Request) -> App:
    app: App = request.app.state.app
    return app


OpenApp = Annotated[App, Depends(_app)]


@dataclass(frozen=True, slots=True)
class Wait:
    """What a read is to hold, and how long it may wait for it."""

    vector: dict[int, int] | None
    timeout_s: float


def _wait(
    request: Request,
    app: OpenApp,
    at_least: Annotated[str | None, Query(description="A token: its positions are waited for.")] = None,
) -> Wait:
    vector = dict(Cursor.parse(at_least, app.ledger.identity).positions) if at_least else None
    return Wait(vector, request.app.state.patience_s)


AtLeast = Annotated[Wait, Depends(_wait)]
Day = Annotated[instants.Day | None, Query(description="An accounting day, as in 2025-06-30.")]
Instant = Annotated[instants.Instant | None, Query(description="An instant with its zone, as in 2025-07-03T08:00:00Z.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="Rows of a page.")]


def answer(app: App, vector: Mapping[int, int], **content: Any) -> dict[str, Any]:
    """What a read answers: its content, and the token of the positions it is of."""
    return {**to_jsonable_python(content), "token": Cursor.at(vector, app.ledger.identity).token}


def fields_of(row: Any) -> dict[str, Any]:
    """A row that a read found, field by field."""
    return {field.name: getattr(row, field.name) for field in fields(row)}


def cursor_text(cursor: TrailCursor | None) -> str | None:
    """A page's end as one word."""
    return urlsafe_b64encode(_CURSOR.dump_json(cursor)).decode() if cursor else None


def cursor_from(text: str | None) -> TrailCursor | None:
    """The page's end that a word stands for. Raises `BadParameter`."""
    try:
        return _CURSOR.validate_json(urlsafe_b64decode(text)) if text else None
    except ValueError:
        raise BadParameter("after", f"{AuditTrail.name} gave no such cursor.") from None
