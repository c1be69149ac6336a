"""Work on many rows of a queue at once: one preview for all, and an answer to each.

Each row is a command of its own, with an idempotency key of its own: one that is refused harms no other. The form, the
preview and the result have addresses of their own, like those of one command.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from ledger.ids import is_id
from service.console.actions import Action, action_for
from service.console.drafts import led_to, opened
from service.console.layout import unread
from service.console.page import Page
from service.console.session import form_of, values_of
from service.http.bearer import AccessBearer
from service.http.limits import MOST_COMMANDS
from service.http.routes.commands import Answered, Sent, answers_to, trials_of
from service.questions.registry import QUESTIONS

router = APIRouter()
ROW, ASKED, CONFIRM, KEY = "row", "asked", "confirm", "key"
_ANSWERS = "answers"


@dataclass(frozen=True, slots=True)
class BulkAnswer:
    """The answer to one row: its HTTP status, and the code and the sentence of a refusal."""

    status: int
    replayed: bool = False
    code: str = ""
    detail: str = ""

    @classmethod
    def of(cls, answered: Answered) -> BulkAnswer:
        code, detail = (str(answered.body.get(each, "")) for each in ("code", "detail"))
        return cls(answered.status, answered.replayed, code, detail)

    @property
    def is_good(self) -> bool:
        return self.status == 200


@dataclass(frozen=True, slots=True)
class BulkWork:
    """The rows that were chosen, each as its fields, and what was typed for all. The keys of the rows come from `key`.

    `was_asked`: the form was shown, so that a field without a text was left empty.
    """

    action: Action
    key: str
    rows: Sequence[Mapping[str, str]]
    typed: Mapping[str, str]
    was_asked: bool

    @classmethod
    def sent(cls, action: Action, fields: Mapping[str, str], rows: Sequence[str]) -> BulkWork:
        """Returns the work that a form sends. Without a key, the work begins here."""
        key = fields.get(KEY, "")
        given = [dict(parse_qsl(text)) for text in rows[:MOST_COMMANDS]]
        return cls(
            action,
            key if is_id(key) else uuid4().hex,
            [{name: each.get(name, "") for name in action.given} for each in given],
            {name: fields.get(name, "") for name in action.typed},
            ASKED in fields or CONFIRM in fields,
        )

    @property
    def texts(self) -> list[str]:
        """The rows as a form sends them."""
        return [urlencode(row) for row in self.rows]

    @property
    def is_ready(self) -> bool:
        was_asked = not self.action.typed or self.was_asked
        return bool(self.rows) and was_asked and all(self.typed[each] for each in self.typed if self.action.needs(each))

    @property
    def draft(self) -> dict[str, str]:
        """The work as the fields of a draft."""
        asked = {ASKED: "yes"} if self.was_asked else {}
        return {KEY: self.key, ROW: "\n".join(self.texts), **self.typed, **asked}

    def commands(self, page: Page) -> list[Sent]:
        assert page.bearer is not None, "nobody commands without a session"
        return [
            Sent(page.bearer, self.action.command, self._key_of(text), self._body(row))
            for text, row in zip(self.texts, self.rows, strict=True)
        ]

    def _key_of(self, text: str) -> str:
        return sha256(f"{self.key}/{text}".encode()).hexdigest()[:32]

    def _body(self, row: Mapping[str, str]) -> bytes:
        return json.dumps({"data": self.action.data_of({**row, **self.typed})}, ensure_ascii=False).encode()


@router.get("/bulk/{name}")
async def preview(name: str, request: Request, bearer: AccessBearer) -> Response:
    """Returns the form for the chosen rows; or, if it is filled in, the preview of each row."""
    page = Page(request, bearer)
    fields = opened(page, f"/bulk/{name}")
    return await _tried(page, BulkWork.sent(action_for(page, name), fields, _rows_in(fields)))


@router.post("/bulk/{name}")
async def bulk(name: str, request: Request, bearer: AccessBearer) -> Response:
    """Leads to the preview of the chosen rows; or submits them all, if the preview was confirmed, and leads to the
    result. Work that is too long for an address is answered at once."""
    page = Page(request, bearer)
    fields = await form_of(request)
    work = BulkWork.sent(action_for(page, name), fields, await values_of(request, ROW))
    if CONFIRM not in fields or not work.is_ready:
        return led_to(page, f"/bulk/{name}", work.draft) or await _tried(page, work)
    answers = [BulkAnswer.of(each) for each in await _asked(page, work, confirmed=True)]
    written = json.dumps([(each.status, each.replayed, each.code, each.detail) for each in answers])
    led = led_to(page, f"/bulk/{name}/result", {**work.draft, _ANSWERS: written})
    return led or _shown(page, work, answers, done=True)


@router.get("/bulk/{name}/result")
async def result(name: str, request: Request, bearer: AccessBearer) -> Response:
    """Returns the page of what was recorded."""
    page = Page(request, bearer)
    fields = opened(page, f"/bulk/{name}/result")
    work = BulkWork.sent(action_for(page, name), fields, _rows_in(fields))
    return _shown(page, work, [BulkAnswer(*each) for each in json.loads(fields[_ANSWERS])], done=True)


def _rows_in(draft: Mapping[str, str]) -> list[str]:
    return draft.get(ROW, "").splitlines()


async def _tried(page: Page, work: BulkWork) -> Response:
    answers = await _asked(page, work, confirmed=False) if work.is_ready else ()
    return _shown(page, work, [BulkAnswer.of(each) for each in answers], done=False)


async def _asked(page: Page, work: BulkWork, *, confirmed: bool) -> Sequence[Answered]:
    """Submits the commands, or tries them, in the lane of batches."""
    state = page.request.app.state
    async with state.batches.entered(page.reader.account_id):
        return await run_in_threadpool(answers_to if confirmed else trials_of, state.account_keys, work.commands(page))


def _shown(page: Page, work: BulkWork, answers: Sequence[BulkAnswer], *, done: bool) -> Response:
    label, action = page.language.label, work.action
    answered: Sequence[BulkAnswer | None] = answers or [None] * len(work.rows)
    return unread(
        page,
        "bulk.html",
        action=action,
        title=label(action.command),
        headings=[label(name) for name in action.given],
        rows=list(zip(work.texts, work.rows, answered, strict=True)),
        key=work.key,
        typed=[(label(name), name, work.typed[name], action.needs(name)) for name in action.typed],
        done=done,
        tried=bool(answers) and not done,
        good=sum(each.is_good for each in answers),
        queue=page.linker.page(QUESTIONS[action.question].path),
    )
