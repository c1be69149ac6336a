"""Entity tags of answers (RFC 9110 §8.8): a client that has an answer learns cheaply that it has not changed.

A tag is of the answer's content; or, for a question that depends on nothing else, of the positions that it rests on,
which are read before the answer. So a change in between gives another tag later, and a 304 never hides it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from fastapi.responses import Response

from ledger.log.cursor import Cursor
from projections.engine.checkpoints import Checkpoint
from projections.engine.progress import progress_of
from projections.registry import PROJECTIONS
from service.app import App
from service.questions.filters import books_of
from service.questions.question import Question
from service.questions.reader import Reader

_PRIVATE = "private, no-cache"  # kept by the client alone, which asks each time if it still holds


def tag_of_positions(question: Question, app: App, values: Mapping[str, Any], reader: Reader) -> str | None:
    """Returns the tag of the answer as the ledger is now, or None if the answer depends on more than positions.

    Raises what `Reader.values_for` raises.
    """
    asked = reader.values_for(question, values)
    if not question.of_positions:
        return None
    books = books_of(app, merchant=asked.get("merchant"), order=asked.get("order"))
    heads = app.ledger.reader.heads(books)
    known = progress_of(app.views.engine, [PROJECTIONS[name] for name in sorted(question.views)], books)
    folded = [
        (name, view.generation.version, view.generation.number, _places(view.checkpoints))
        for name, view in known.items()
    ]
    return _tag(question, reader, sorted(asked.items()), Cursor.at(heads, app.ledger.identity).token, folded)


def _places(checkpoints: Mapping[int, Checkpoint]) -> list[tuple[Any, ...]]:
    return [
        (book, at.position, at.digest.hex(), at.status, sorted(at.parked)) for book, at in sorted(checkpoints.items())
    ]


def tag_of_content(question: Question, reader: Reader, content: Mapping[str, Any] | bytes) -> str:
    """Returns the tag of an answer. Its `position` does not count: it rises with events that change nothing else."""
    if isinstance(content, bytes):
        return _tag(question, reader, sha256(content).hexdigest())
    return _tag(question, reader, {name: value for name, value in content.items() if name != "position"})


def matches(asked: str | None, tag: str) -> bool:
    """True if a header `If-None-Match` names the tag, weak or strong, or any answer."""
    known = [each.strip().removeprefix("W/") for each in (asked or "").split(",")]
    return "*" in known or tag.removeprefix("W/") in known


def tagged(response: Response, tag: str = "", *more: str) -> Response:
    """Returns the response with its tag. It is not kept for other readers; `more` are headers that change it."""
    if tag:
        response.headers["ETag"] = tag
    response.headers["Cache-Control"] = _PRIVATE
    response.headers["Vary"] = ", ".join(("Authorization", *more))
    return response


def _tag(question: Question, reader: Reader, *parts: Any) -> str:
    whole = json.dumps([question.name, reader.role, reader.scope, *parts], default=str, sort_keys=True)
    return f'W/"{sha256(whole.encode()).hexdigest()[:32]}"'
