"""The event feed over HTTP: `GET /v1/events` as pages of JSON, as NDJSON up to the end of the log, and as Server-Sent
Events without end."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from service.app import App
from service.feeds.event_feed import EventFeed, EventFilter, Positions
from service.feeds.event_query import NOW, filter_of, place_of, token_of_place
from service.http.bearer import AccessReader
from service.http.event_stream import NDJSON, SSE, EventStream, StreamResponse
from service.http.parameters import Name, OpenApp, Word
from service.http.statuses import responses
from service.questions.answer_models import envelope_with
from service.questions.envelope import enveloped
from service.questions.limits import MOST_ROWS_OF_A_PAGE


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
    dataschema: str
    partitionkey: Annotated[str, Field(description="The stream. Events of one stream and of one book are in order.")]
    sequence: Annotated[str, Field(description="The position in the book, in 19 digits.")]
    recordedtime: AwareDatetime
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

router = APIRouter(tags=["feeds"])


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
    state = request.app.state

    def prepared() -> tuple[EventFilter, Positions]:
        wanted = filter_of(app, reader, types=types, merchant=merchant, order=order, book=book)
        return wanted, place_of(app, last_event_id or after)

    async with state.reads.entered(reader.account_id):
        wanted, place = await run_in_threadpool(prepared)
        if (media := _streamed(request)) is None:
            return await run_in_threadpool(_page, app, state.tail.feed, wanted, place, limit)
    sent = request.headers["authorization"].partition(" ")[2]
    stream = EventStream(
        state.tail,
        wanted,
        place,
        token=lambda positions: token_of_place(app, positions),
        admitted=lambda: state.gate.bearer_of(sent),
        reads=state.feed_reads,
    )
    return StreamResponse(stream, media, state.streams, reader.account_id)


def _streamed(request: Request) -> str | None:
    """Returns the media type of a stream if the header `Accept` names one first, else None: a page."""
    accepted = [each.partition(";")[0].strip() for each in request.headers.get("accept", "").lower().split(",")]
    return next((each for each in accepted if each in (SSE, NDJSON)), None)


def _page(app: App, feed: EventFeed, wanted: EventFilter, after: Positions, limit: int) -> Response:
    page = feed.page(after, wanted, limit=limit)
    position = token_of_place(app, page.positions)
    rest = enveloped(app, [], page.positions, next=None if page.is_last else position)
    del rest["data"]
    events = ",".join(frame.text for frame in page.frames)  # texts of JSON: parsing them only to write them again costs
    return Response(f'{{"data":[{events}],{json.dumps(rest)[1:]}', media_type="application/json")
