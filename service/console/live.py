"""The live stream of a page: the names of its views that have changed, under the access rules of the feeds."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from service.app import App
from service.feeds.event_query import NOW, filter_of, place_of
from service.feeds.view_feed import ViewFeed
from service.feeds.view_query import place_in, projection_for, row_filter
from service.http.bearer import AccessReader
from service.http.parameters import Name, OpenApp, Word
from service.http.read_route import CheckedRoute
from service.http.routes.event_stream import SSE, EventStream, StreamResponse
from service.http.routes.feeds import stream_of, tail_of
from service.questions.reader import Reader

router = APIRouter(route_class=CheckedRoute)
ORDER = "order"  # the name of an order's events among the views


@router.get("/live")
async def live(
    request: Request,
    app: OpenApp,
    reader: AccessReader,
    views: Annotated[Word | None, Query()] = None,
    order: Annotated[Name | None, Query()] = None,
    merchant: Annotated[Name | None, Query()] = None,
) -> Response:
    """Returns the names of these views, and of the order, as often as they change from now on."""

    def followed() -> dict[str, EventStream]:
        names = [name for name in (views or "").split(",") if name]
        found = {name: _view(request, app, reader, name) for name in names}
        if order is not None:
            wanted = filter_of(app, reader, order=order, merchant=merchant)
            found[ORDER] = stream_of(request, request.app.state.tail, wanted, place_of(app, NOW))
        return found

    state = request.app.state
    async with state.feed_reads.entered(reader.account_id):
        streams = await run_in_threadpool(followed)
    return StreamResponse(changes(streams, reader.account_id), SSE, state.streams, reader.account_id)


def _view(request: Request, app: App, reader: Reader, name: str) -> EventStream:
    projection = projection_for(reader, name)
    feed = ViewFeed(app, projection)
    wanted = row_filter(app, reader, projection, table=None, merchant=None)
    return stream_of(request, tail_of(request.app.state, app, feed), wanted, place_in(app, feed, NOW))


async def changes(streams: Mapping[str, EventStream], who: str) -> AsyncIterator[bytes]:
    """Yields several streams as one, because a browser opens few connections to a server. A change has the name of
    its stream alone, without rows. Ends when one of the streams ends: the page connects again."""
    said: asyncio.Queue[bytes] = asyncio.Queue()

    async def follow(name: str, stream: EventStream) -> None:
        try:
            async for block in stream.blocks(who):
                is_change = b"\ndata: " in block
                await said.put(_changed(name) if is_change else b": nothing new\n\n")
        finally:
            said.put_nowait(b"")

    following = [asyncio.create_task(follow(name, stream)) for name, stream in streams.items()]
    try:
        while block := await said.get():
            yield block
    finally:
        for each in following:
            each.cancel()
        await asyncio.wait(following)


def _changed(name: str) -> bytes:
    return f"event: changed\ndata: {json.dumps({'view': name})}\n\n".encode()
