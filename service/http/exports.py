"""Exports over HTTP: a whole list as CSV or NDJSON, sent while it is read."""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import Any

from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from ledger.events.access import ExportFormat
from service.access.exports import record_export
from service.app import App
from service.http.errors import BadParameter, TooBusy
from service.http.limits import EXPORTS
from service.questions.export import MEDIA, Export
from service.questions.parameters import AFTER, FORMAT, LIMIT
from service.questions.question import Question
from service.questions.reader import Reader


def format_of(request: Request, chosen: str) -> ExportFormat | None:
    """Returns the format: the chosen one, else the first that the header `Accept` names; None for JSON."""
    if FORMAT.name in request.query_params:
        return next((form for form in MEDIA if form == chosen), None)
    accepted = [each.partition(";")[0].strip() for each in request.headers.get("accept", "").lower().split(",")]
    known = {media: form for form, media in MEDIA.items()} | {"application/json": None, "*/*": None}
    return next((known[media] for media in accepted if media in known), None)


def export(
    request: Request, question: Question, app: App, values: dict[str, Any], reader: Reader, form: ExportFormat
) -> StreamingResponse:
    """Returns the response that sends the whole list. Raises what the question raises, `BadParameter` and `TooBusy`."""
    for name in (LIMIT.name, AFTER.name):
        if name in request.query_params:
            raise BadParameter(name, f"An export is the whole list. Leave {name} out, or read the pages as JSON.")
    places: BoundedSemaphore = request.app.state.exports
    if not places.acquire(blocking=False):
        raise TooBusy(f"{EXPORTS} exports run already, which is the limit. Try again in a moment.")
    try:
        found = Export(question, app, values, reader)
        try:
            record_export(app, question, values, reader, form, found.first.vector)
        except BaseException:
            found.close()
            raise
    except BaseException:
        places.release()
        raise
    return _Sent(found, form, places)


class _Sent(StreamingResponse):
    """The list as it is sent. A failure breaks the transfer off, so that a client never takes a part for the whole."""

    def __init__(self, found: Export, form: ExportFormat, places: BoundedSemaphore) -> None:
        super().__init__(found.lines(form), media_type=MEDIA[form])
        self._found, self._places = found, places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            try:
                await run_in_threadpool(self._found.close)
            finally:
                self._places.release()
