"""Work on many rows of a queue at once: one preview for all, and an answer to each.

Each row is a command of its own, with an idempotency key of its own: one that is refused harms no other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from ledger.ids import is_id
from service.console.actions import Action, action_for
from service.console.layout import unread
from service.console.page import Page
from service.console.session import form_of, values_of
from service.http.bearer import AccessBearer
from service.http.limits import MOST_COMMANDS
from service.http.routes.commands import Answered, Sent, answers_to, trials_of
from service.questions.registry import QUESTIONS

router = APIRouter()
ROW, ASKED, CONFIRM = "row", "asked", "confirm"
_KEY = "key"  # of a row, among its fields


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One row of the work: its fields, its key, and the answer to it. `text` is the row as a form sends it."""

    fields: Mapping[str, str]
    key: str
    answer: Answered | None = None

    @property
    def text(self) -> str:
        return urlencode({**self.fields, _KEY: self.key})

    @property
    def is_good(self) -> bool:
        return self.answer is not None and self.answer.status == 200


@router.post("/bulk/{name}")
async def bulk(name: str, request: Request, bearer: AccessBearer) -> Response:
    """Shows the chosen rows with a preview of each; or submits them all, if the preview was confirmed."""
    page = Page(request, bearer)
    action = action_for(page, name)
    fields = await form_of(request)
    typed = {each: fields.get(each, "") for each in action.typed}
    rows = [_row(action, text) for text in (await values_of(request, ROW))[:MOST_COMMANDS]]
    sent = [Sent(bearer, name, row.key, _body(action, row, typed)) for row in rows]
    was_asked = not action.typed or ASKED in fields or CONFIRM in fields
    ready = was_asked and all(typed[each] for each in action.typed if action.needs(each))
    confirmed = CONFIRM in fields
    answers: Sequence[Answered | None] = [None] * len(sent)
    if rows and ready:
        state = request.app.state
        async with state.batches.entered(bearer.account_id):
            ask = answers_to if confirmed else trials_of
            answers = await run_in_threadpool(ask, state.account_keys, sent)
    answered = [BulkRow(row.fields, row.key, each) for row, each in zip(rows, answers, strict=True)]
    return _shown(page, action, answered, typed, done=confirmed and ready, tried=ready and not confirmed)


def _row(action: Action, text: str) -> BulkRow:
    found = dict(parse_qsl(text))
    key = found.get(_KEY, "")
    return BulkRow({name: found.get(name, "") for name in action.given}, key if is_id(key) else uuid4().hex)


def _body(action: Action, row: BulkRow, typed: Mapping[str, str]) -> bytes:
    return json.dumps({"data": action.data_of({**row.fields, **typed})}, ensure_ascii=False).encode()


def _shown(
    page: Page, action: Action, rows: Sequence[BulkRow], typed: Mapping[str, str], *, done: bool, tried: bool
) -> Response:
    label = page.language.label
    good = sum(row.is_good for row in rows)
    return unread(
        page,
        "bulk.html",
        action=action,
        title=label(action.command),
        headings=[label(name) for name in action.given],
        rows=rows,
        typed=[(label(name), name, typed[name], action.needs(name)) for name in action.typed],
        done=done,
        tried=tried,
        good=good,
        queue=page.linker.page(QUESTIONS[action.question].path),
    )
