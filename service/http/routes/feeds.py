"""The feeds over HTTP: `GET /v1/events` and `GET /v1/views/{view}/changes`, as pages of JSON, as NDJSON up to the
present end, and as Server-Sent Events without end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State

from service.app import App
from service.feeds.event_feed import EventFilter
from service.feeds.event_query import NOW, filter_of, place_of
from service.feeds.feed import End, Feed, Filter
from service.feeds.tail import Tail
from service.feeds.view_feed import RowFilter, ViewFeed
from service.feeds.view_query import place_in, projection_for, row_filter
from service.http.bearer import AccessReader, token_in
from service.http.document.statuses import responses
from service.http.edge import IS_HEAD
from service.http.errors import TooBusy
from service.http.exports import accepted_media
from service.http.lanes import Lane
from service.http.parameters import Name, OpenApp, Word
from service.http.read_route import CheckedRoute
from service.http.routes.event_stream import NDJSON, SSE, EventStream, StreamResponse
from service.questions.answer_models import envelope_with
from service.questions.envelope import enveloped
from service.questions.limits import MOST_ROWS_OF_A_PAGE
from service.questions.reader import Reader

_VIEW_LAG_S = 1.0  # a view follows the log within this time, or a look once a second finds it


class CloudEvent(BaseModel):
    """A recorded event in the envelope of CloudEvents 1.0. `source` and `id` name it once; `data` is the row of the
    log, with `payload` and `entry` as they were recorded (amounts in minor units)."""

    model_config = ConfigDict(extra="forbid")

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str
    time: AwareDatetime
    datacontenttype: Literal["application/json"]
    dataschema: Annotated[str | None, Field(description="The schema of `data`. A merchant's part has none.")] = None
    partitionkey: Annotated[str, Field(description="The stream. Events of one stream and of one book are in order.")]
    sequence: Annotated[str, Field(description="The position in the book, in 19 digits.")]
    recordedtime: AwareDatetime
    book: int
    data: dict[str, Any]


class RowEvent(BaseModel):
    """A changed row of a view in the envelope of CloudEvents 1.0. `data` is the row with the columns of its schema;
    `source` and `id` name this state of it."""

    model_config = ConfigDict(extra="forbid")

    specversion: Literal["1.0"]
    id: str
    source: str
    type: Annotated[str, Field(description="`view.`, the view, and the table.")]
    subject: Annotated[str, Field(description="The key of the row in its book.")]
    datacontenttype: Literal["application/json"]
    dataschema: str
    sequence: Annotated[str, Field(description="The position of the event that changed the row, in 19 digits.")]
    book: int
    data: dict[str, Any]


Types = Annotated[
    Word | None,
    Query(alias="type", description="Only these types, between commas, such as `payment.captured,parcel.*`."),
]
Merchant = Annotated[Name | None, Query(description="Only events of this merchant.")]
Order = Annotated[Name | None, Query(description="Only events of this order.")]
Book = Annotated[int | None, Query(ge=0, le=2**31 - 1, description="Only events of this book.")]
After = Annotated[
    Word | None,
    Query(description=f"Only events after this position token; `{NOW}` for those from now on. Without it, all."),
]
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS_OF_A_PAGE, description="Greatest number of events of a page.")]
LastEventId = Annotated[Word | None, Header(alias="Last-Event-ID", include_in_schema=False)]

_STREAMS: dict[int | str, dict[str, Any]] = {200: {"description": "The events", "content": {NDJSON: {}, SSE: {}}}}
_ANSWERS = _STREAMS | responses(401, 403, 409)

router = APIRouter(tags=["feeds"], route_class=CheckedRoute)


@router.get(
    "/events",
    response_model=envelope_with("EventsAnswer", "The answer of /events.", list[CloudEvent]),
    responses=_ANSWERS,
)
async def events(
    request: Request,
    app: OpenApp,
    reader: AccessReader,
    types: Types = None,
    merchant: Merchant = None,
    order: Order = None,
    book: Book = None,
    after: After = None,
    last_event_id: LastEventId = None,
    limit: Limit = 500,
) -> Response:
    """Recorded events after a place, filtered. In order for each stream and each book; among books in no order.

    `next` is null when the page reaches the end of the log; continue later from `position`. With `Accept:
    application/x-ndjson`, all events up to the end of the log, a line each, and after every batch a line with the
    `position`. With `Accept: text/event-stream`, events as they are recorded; `id` is the position, and
    `Last-Event-ID` continues after it."""

    def chosen() -> tuple[EventFilter, End]:
        wanted = filter_of(app, reader, types=types, merchant=merchant, order=order, book=book)
        return wanted, place_of(app, last_event_id or after)

    return await _answer(request, app, request.app.state.tail, chosen, limit, reader)


@router.get(
    "/views/{view}/changes",
    response_model=envelope_with("ChangesAnswer", "The answer of /views/{view}/changes.", list[RowEvent]),
    responses=_ANSWERS | responses(404, 410),
)
async def changes(
    request: Request,
    app: OpenApp,
    reader: AccessReader,
    view: Annotated[Name, Path(description="Name of the view, such as `merchant_balances`.")],
    table: Annotated[Name | None, Query(description="Only rows of this table of the view.")] = None,
    merchant: Merchant = None,
    after: After = None,
    last_event_id: LastEventId = None,
    limit: Limit = 500,
) -> Response:
    """Rows of a view that changed after a place, each once with its current values; a deleted row has `deleted`. The
    rows changed by one event come together, in the order of each book.

    Read it as `/v1/events`: pages, NDJSON, Server-Sent Events. A token from before a new version of the view, or from
    before an event was parked, is refused with 410: begin a new copy, without `after`."""
    projection = projection_for(reader, view)
    feed = ViewFeed(app, projection)
    tail = tail_of(request.app.state, app, feed)

    def chosen() -> tuple[RowFilter, End]:
        wanted = row_filter(app, reader, projection, table=table, merchant=merchant)
        return wanted, place_in(app, feed, last_event_id or after)

    return await _answer(request, app, tail, chosen, limit, reader)


def tail_of(state: State, app: App, feed: ViewFeed) -> Tail:
    """Returns the tail of a view, which all its readers share."""
    tails: dict[str, Tail] = state.view_tails
    return tails.setdefault(feed.projection.name, Tail(app.ledger, feed, lag_s=_VIEW_LAG_S))


def stream_of(request: Request, tail: Tail, wanted: Filter, place: End) -> EventStream:
    """Returns the stream of a reader, which ends with the access of the request's token."""
    state, sent = request.app.state, token_in(request)
    return EventStream(tail, wanted, place, admitted=lambda: state.gate.bearer_of(sent), reads=state.feed_reads)


async def _answer(
    request: Request, app: App, tail: Tail, chosen: Callable[[], tuple[Filter, End]], limit: int, reader: Reader
) -> Response:
    """Returns a page, or the stream that the header `Accept` names."""
    state, media = request.app.state, _streamed(request)
    lane: Lane = state.feed_reads if media else state.reads  # after a restart, all readers come back at once
    async with lane.entered(reader.account_id):
        wanted, place = await run_in_threadpool(chosen)
        if media is None:
            return await run_in_threadpool(_page, app, tail.feed, wanted, place, limit)
    if request.scope.get(IS_HEAD):
        return Response(media_type=media)
    stream, who = stream_of(request, tail, wanted, place), reader.account_id
    return StreamResponse(stream.blocks(who) if media == SSE else stream.lines(who), media, state.streams, who)


def _streamed(request: Request) -> str | None:
    """Returns the media type of a stream if the header `Accept` names one, else None: a page."""
    return next((each for each in accepted_media(request) if each in (SSE, NDJSON)), None)


def _page(app: App, feed: Feed, wanted: Filter, place: End, limit: int) -> Response:
    page = feed.page(place.heads, wanted, limit=limit)
    if page.key != place.key:
        raise TooBusy("The view changed while it was read. Read again.")
    position = feed.token(page.positions, page.key)
    rest = enveloped(app, [], page.positions, next=None if page.is_last else position) | {"position": position}
    del rest["data"]
    frames = ",".join(frame.text for frame in page.frames)  # texts of JSON: parsing them only to write them again costs
    return Response(f'{{"data":[{frames}],{json.dumps(rest)[1:]}', media_type="application/json")
