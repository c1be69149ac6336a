"""Exports over HTTP: a whole list as CSV, as NDJSON or for Excel, sent while it is read."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

from fastapi import Request
from fastapi.responses import Response, StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from ledger.events.access import ExportFormat
from service.access.exports import record_export
from service.app import App
from service.http.edge import IS_HEAD
from service.http.errors import BadParameter
from service.questions.export import MEDIA, Export
from service.questions.parameters import AFTER, FORMAT, LIMIT
from service.questions.part import Part
from service.questions.question import Question
from service.questions.reader import Reader

MISSING_BOOKS = "Missing-Books"


def format_of(request: Request) -> ExportFormat | None:
    """Returns the format: the chosen one, else the first that the header `Accept` names; None for JSON."""
    if chosen := request.query_params.get(FORMAT.name):
        return next((form for form in MEDIA if form == chosen), None)
    known = {media: form for form, media in MEDIA.items()} | {"application/json": None, "*/*": None}
    return next((known[media] for media in accepted_media(request) if media in known), None)


def accepted_media(request: Request) -> list[str]:
    """Returns the media types of the header `Accept`, in its order."""
    return [each.partition(";")[0].strip() for each in request.headers.get("accept", "").lower().split(",")]


def export(
    request: Request,
    question: Question,
    app: App,
    values: dict[str, Any],
    reader: Reader,
    form: ExportFormat,
    *,
    at_least: str | None = None,
    part: Part | None = None,
) -> Response:
    """Returns the response that sends the whole list. Raises what the question raises, and `BadParameter`.

    HEAD sends no row, and so takes no list away that would be recorded.
    """
    for name in (LIMIT.name, AFTER.name):
        if name in request.query_params:
            raise BadParameter(name, f"An export is the whole list. Leave {name} out, or read the pages as JSON.")
    patience_s: float = request.app.state.patience_s
    found = Export(question, app, values, reader, at_least=at_least, timeout_s=patience_s, part=part)
    try:
        if request.scope.get(IS_HEAD):
            found.close()
            return Response(media_type=MEDIA[form], headers=_marks(found))
        record_export(app, question, values, reader, form, found.first.vector)
    except BaseException:
        found.close()
        raise
    return SentList(found, form)


def _marks(found: Export) -> dict[str, str]:
    """Returns the header that names the books a partial list lacks."""
    missing = found.first.missing_books
    return {MISSING_BOOKS: ", ".join(map(str, missing))} if missing else {}


class SentList(StreamingResponse):
    """The list as it is sent. A failure breaks the transfer off, so that a client never takes a part for the whole.

    `place` is its place among the exports, which it gives back at the end.
    """

    place: AsyncExitStack

    def __init__(self, found: Export, form: ExportFormat) -> None:
        super().__init__(found.content(form), media_type=MEDIA[form], headers=_marks(found))
        self._found = found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self.place:
            try:
                await super().__call__(scope, receive, send)
            finally:
                await run_in_threadpool(self._found.close)
