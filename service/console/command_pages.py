"""Pages of commands: a form, a preview of what would be recorded, and the confirmation under one's own name.

Each is a plain form. The form has the idempotency key, so a second click gets the first answer again, and says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from ledger.ids import is_id
from service.console.actions import Action, action_for
from service.console.layout import unread
from service.console.page import Page
from service.console.session import form_of
from service.http.bearer import AccessBearer
from service.http.outcomes import REPLAYED
from service.http.routes.commands import Sent, submitted, tried
from service.questions.registry import QUESTIONS

router = APIRouter()
KEY, CONFIRM = "key", "confirm"


@router.get("/commands/{name}")
async def form(name: str, request: Request, bearer: AccessBearer) -> Response:
    """Returns the form of a command, filled with the row that it is about."""
    page = Page(request, bearer)
    action = action_for(page, name)
    return _shown(page, action, dict(request.query_params), key=uuid4().hex)


@router.post("/commands/{name}")
async def answer(name: str, request: Request, bearer: AccessBearer) -> Response:
    """Tries the command and shows the preview; or submits it, if the preview was confirmed."""
    page = Page(request, bearer)
    action = action_for(page, name)
    fields = await form_of(request)
    key = fields.get(KEY, "")
    body = json.dumps({"data": action.data_of(fields)}, ensure_ascii=False).encode()
    sent = Sent(bearer, name, key if is_id(key) else uuid4().hex, body)
    confirmed = CONFIRM in fields
    answered = await (submitted if confirmed else tried)(request.app.state, sent)
    return _answered(page, action, fields, sent.key, answered, confirmed=confirmed)


def _answered(
    page: Page, action: Action, fields: Mapping[str, str], key: str, answered: JSONResponse, *, confirmed: bool
) -> Response:
    content = json.loads(bytes(answered.body))
    if answered.status_code != 200:
        return _shown(page, action, fields, key=uuid4().hex, problem=content, status=answered.status_code)
    result = content["data"]
    if confirmed:
        return _shown(page, action, fields, key=key, done=result, replayed=REPLAYED in answered.headers)
    events = [
        (each["type"], page.records.sections_of("", each.get("event", {})), _entry(page, each.get("entry", [])))
        for each in result["events"]
    ]
    return _shown(page, action, fields, key=key, preview=events)


def _entry(page: Page, lines: list[dict[str, Any]]) -> Any:
    """Returns the journal entry that would be written, None if there is none or the role may not read it."""
    shown = [{name: value for name, value in line.items() if name != "links"} for line in lines]
    return page.records.grid(page.language.text("journal entry"), shown) if shown else None


def _shown(
    page: Page,
    action: Action,
    fields: Mapping[str, str],
    *,
    key: str,
    status: int = 200,
    problem: Mapping[str, Any] | None = None,
    preview: list[Any] | None = None,
    done: Mapping[str, Any] | None = None,
    replayed: bool = False,
) -> Response:
    label = page.language.label
    return unread(
        page,
        "command.html",
        status=status,
        action=action,
        title=label(action.command),
        given=[(label(name), name, fields.get(name, "")) for name in action.given],
        typed=[(label(name), name, fields.get(name, ""), action.needs(name)) for name in action.typed],
        key=key,
        problem=problem,
        preview=preview,
        done=done,
        replayed=replayed,
        queue=page.linker.page(QUESTIONS[action.question].path),
    )
