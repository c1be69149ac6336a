"""Types of parameters, and the functions that all reads share: the open ledger, tokens, times, cursors of pages.

`tests/service/http/test_openapi.py` refuses a parameter of another type.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints
from pydantic_core import to_jsonable_python

from ledger import instants
from ledger.log.cursor import Cursor
from projections.audit.audit_trail import AuditTrail
from projections.audit.trail import TrailCursor
from projections.balances.balances import AsOf
from projections.engine.views import Held
from service.app import App
from service.failures import UnknownValue
from service.http.errors import BadParameter, NotRecorded
from service.http.limits import LARGEST_POSITION, LONGEST_NAME, LONGEST_TARGET
from service.questions.filters import books_of, check_filters

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
IN_DIGITS = BeforeValidator(_written_whole)

Day = Annotated[instants.Day | None, Query(description="Accounting day, such as 2025-06-30.")]
_INSTANT = Query(description="Instant with its zone, such as 2025-07-03T08:00:00Z.")
Instant = Annotated[instants.Instant | None, _INSTANT]
RequiredInstant = Annotated[instants.Instant, _INSTANT]
Limit = Annotated[int, Field(ge=1, le=1000), IN_DIGITS, Query(description="Greatest number of rows of the page.")]
After = Annotated[Word | None, Query(description="`next` of the previous page.")]
Position = Annotated[int, Field(ge=0, le=LARGEST_POSITION), IN_DIGITS]


async def _app(request: Request) -> App:
    app: App = request.app.state.app
    return app


OpenApp = Annotated[App, Depends(_app)]


@dataclass(frozen=True, slots=True)
class Wait:
    """The positions that a read must include, and its waiting time. `books` are the books of the answer, None for
    all."""

    vector: dict[int, int] | None
    timeout_s: float
    books: frozenset[int] | None


async def _wait(
    request: Request,
    app: OpenApp,
    at_least: Annotated[
        Word | None,
        Query(
            description="Token: the read waits until its positions are reached. A token ahead of the ledger is refused."
        ),
    ] = None,
) -> Wait:
    """Waits for the positions of the token. Raises `NotACursor`, `ForeignCursor`, `CursorAhead`. A read of one
    merchant or order waits for its books alone, so a view that stopped in another book does not matter."""
    asked = {**request.query_params, **request.path_params}
    about = {"merchant": asked.get("merchant"), "order": asked.get("order")}
    waits = at_least or "as_known_at" in asked
    books = await run_in_threadpool(partial(books_of, app, **about)) if waits else None
    if not at_least:
        return Wait(None, request.app.state.patience_s, books)
    cursor = Cursor.parse(at_least, app.ledger.identity)
    cursor.expect_recorded(await run_in_threadpool(app.ledger.reader.heads))
    positions = {book: at for book, at in cursor.positions.items() if books is None or book in books}
    return Wait(positions, request.app.state.patience_s, books)


AtLeast = Annotated[Wait, Depends(_wait)]
# For a read of the log, which holds what the token names: nothing to wait for, but a wrong token is refused.
READS_THE_LOG = [Depends(_wait)]


async def _as_known_at(app: OpenApp, as_known_at: Instant = None) -> datetime | None:
    return as_known_at and passed(app, as_known_at, "as_known_at")


AsKnownAt = Annotated[datetime | None, Depends(_as_known_at)]


async def _timepoint(wait: AtLeast, as_known_at: AsKnownAt, as_of: Day = None) -> AsOf:
    return timepoint_of(wait, as_known_at, as_of)


def timepoint_of(wait: Wait, as_known_at: datetime | None, as_of: date | None = None) -> AsOf:
    return AsOf(as_of=as_of, as_known_at=as_known_at, at_least=wait.vector, timeout_s=wait.timeout_s, books=wait.books)


AsOfParameters = Annotated[AsOf, Depends(_timepoint)]


def _known(name: str) -> Any:
    """Type of a filter parameter. An unknown value is refused, with the list of known ones."""

    async def check(app: OpenApp, value: str | None = None) -> str | None:
        """Raises `UnknownValue`."""
        if value is not None:
            await run_in_threadpool(partial(check_filters, app, **{name: value}))
        return value

    check.__annotations__["value"] = Annotated[Name | None, Query(alias=name)]
    return Depends(check)


MerchantFilter = Annotated[str | None, _known("merchant")]
OrderFilter = Annotated[str | None, _known("order")]
ActorFilter = Annotated[str | None, _known("actor")]
CreatorFilter = Annotated[str | None, _known("creator")]
AccountFilter = Annotated[str | None, _known("account")]
ChannelFilter = Annotated[str | None, _known("channel")]
BreakKindFilter = Annotated[str | None, _known("kind")]
MarketFilter = Annotated[str | None, _known("market")]
PartnerFilter = Annotated[str | None, _known("partner")]
RunFilter = Annotated[str | None, _known("run")]
PayoutStateFilter = Annotated[str | None, _known("state")]


async def _known_merchant(app: OpenApp, merchant: Annotated[Name, Path()]) -> str:
    """Raises `NotRecorded`."""
    try:
        await run_in_threadpool(partial(check_filters, app, merchant=merchant))
    except UnknownValue as unknown:
        raise NotRecorded(str(unknown)) from None
    return merchant


KnownMerchant = Annotated[str, Depends(_known_merchant)]


def passed(app: App, instant: datetime, field: str) -> datetime:
    """Returns the instant. Raises `BadParameter` if it is in the future."""
    if instant > app.clock():
        raise BadParameter(field, "as_known_at is in the future. Give an instant in the past.")
    return instant


def answer(app: App, vector: Mapping[int, int], **content: Any) -> dict[str, Any]:
    """Returns the answer of a read: its content, the token of its positions, the events left out, and the mark of a
    demonstration."""
    left_out = vector.incomplete if isinstance(vector, Held) else ()
    said = content | ({"incomplete": left_out} if left_out else {})
    mark = {"demonstration": True} if app.ledger.identity.demonstration else {}
    return {**to_jsonable_python(said), **mark, "token": Cursor.at(vector, app.ledger.identity).token}


def fields_of(row: Any) -> dict[str, Any]:
    """Returns a found row as a dictionary of its fields."""
    return {field.name: getattr(row, field.name) for field in fields(row)}


class _PageEnd(BaseModel, extra="forbid"):
    """The end of a page, as a client sends it back."""

    recorded_at: instants.Instant
    book: Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)]
    position: Annotated[int, Field(strict=True, ge=0, le=LARGEST_POSITION)]


def cursor_text(cursor: TrailCursor | None) -> str | None:
    """Encodes the end of a page as one word."""
    return urlsafe_b64encode(_PageEnd(**fields_of(cursor)).model_dump_json().encode()).decode() if cursor else None


def cursor_from(text: str | None) -> TrailCursor | None:
    """Decodes the end of a page. Raises `BadParameter` for a word that this service did not make."""
    try:
        return TrailCursor(**dict(_PageEnd.model_validate_json(urlsafe_b64decode(text)))) if text else None
    except ValueError:
        raise BadParameter("after", f"{AuditTrail.name} gave no such cursor.") from None
