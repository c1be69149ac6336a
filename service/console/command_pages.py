"""Pages of commands: a form, a preview of what would be recorded, the confirmation under one's own name, the result.

Each is a plain form. The form has the idempotency key, so a second click gets the first answer again, and says so. Its
answer leads to a page of its own (post, redirect, get).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ledger.ids import is_id
from service.console.actions import Action, action_for
from service.console.drafts import DRAFT, led_to, opened
from service.console.layout import unread
from service.console.page import Page
from service.console.session import form_of
from service.http.bearer import AccessBearer
from service.http.outcomes import REPLAYED
from service.http.routes.commands import Sent, submitted, tried
from service.questions.registry import QUESTIONS

router = APIRouter()
KEY, CONFIRM = "key", "confirm"
_RESULT, _REPLAYED = ("status", "book", "first", "last"), "replayed"


@router.get("/commands/{name}")
async def form(name: str, request: Request, bearer: AccessBearer) -> Response:
    """Returns the form of a command, filled with the row that it is about; or the preview of a draft."""
    page = Page(request, bearer)
    action = action_for(page, name)
    if request.query_params.get(DRAFT):
        return await _preview(page, action, opened(page, f"/commands/{name}"))
    return _shown(page, action, dict(request.query_params), key=uuid4().hex)


@router.post("/commands/{name}")
async def answer(name: str, request: Request, bearer: AccessBearer) -> Response:
    """Leads to the preview; or submits the command, if the preview was confirmed, and leads to its result."""
    page = Page(request, bearer)
    action = action_for(page, name)
    sent = await form_of(request)
    key = sent.get(KEY, "")
    fields = {each: sent.get(each, "") for each in action.fields} | {KEY: key if is_id(key) else uuid4().hex}
    if CONFIRM not in sent:
        return led_to(page, f"/commands/{name}", fields) or await _preview(page, action, fields)
    answered = await submitted(request.app.state, _command(page, action, fields))
    content = json.loads(bytes(answered.body))
    if answered.status_code != 200:
        return _shown(page, action, fields, key=uuid4().hex, problem=content, status=answered.status_code)
    result = {each: str(content["data"][each]) for each in _RESULT} | {_REPLAYED: str(REPLAYED in answered.headers)}
    given = {each: fields[each] for each in action.given}
    return led_to(page, f"/commands/{name}/result", given | result) or _recorded(page, action, given | result)


@router.get("/commands/{name}/result")
async def result(name: str, request: Request, bearer: AccessBearer) -> Response:
    """Returns the page of what was recorded."""
    page = Page(request, bearer)
    action = action_for(page, name)
    return _recorded(page, action, opened(page, f"/commands/{name}/result"))


def _recorded(page: Page, action: Action, fields: Mapping[str, str]) -> Response:
    done = {each: fields[each] if each == "status" else int(fields[each]) for each in _RESULT}
    return _shown(page, action, fields, key="", done=done, replayed=fields[_REPLAYED] == str(True))


def _command(page: Page, action: Action, fields: Mapping[str, str]) -> Sent:
    assert page.bearer is not None, "nobody commands without a session"
    body = json.dumps({"data": action.data_of(fields)}, ensure_ascii=False).encode()
    return Sent(page.bearer, action.command, fields[KEY], body)


async def _preview(page: Page, action: Action, fields: Mapping[str, str]) -> Response:
    """Tries the command, and returns what would be recorded; or the form again with the reason against it."""
    answered = await tried(page.request.app.state, _command(page, action, fields))
    content = json.loads(bytes(answered.body))
    if answered.status_code != 200:
        return _shown(page, action, fields, key=uuid4().hex, problem=content, status=answered.status_code)
    tried_result = content["data"]
    if tried_result["first"]:  # it was recorded before, under this key
        return _shown(page, action, fields, key="", done=tried_result, replayed=True)
    events = [
        (each["type"], page.records.sections_of("", each.get("event", {})), _entry(page, each.get("entry", [])))
        for each in tried_result["events"]
    ]
    return _shown(page, action, fields, key=fields[KEY], preview=events)


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
