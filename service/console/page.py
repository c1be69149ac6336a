"""A page of the console: who reads it, the times that were picked, and the questions that it asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query, Request

from ledger import instants
from ledger.accounting_days import accounting_day
from service.access.gate import Bearer
from service.app import App
from service.console.cells import Cells
from service.console.fields import local_instant
from service.console.language import Language, chosen_language
from service.console.links import Linker
from service.console.records import Records
from service.console.session import LANGUAGE_COOKIE, cookies_of, proof_of, token_in_cookie
from service.questions.asked import Answer, answer_to
from service.questions.parameters import AFTER, TIMES
from service.questions.part import Part
from service.questions.presentation import instant_in_utc
from service.questions.reader import Reader
from service.questions.registry import QUESTIONS


async def picked_times(
    request: Request,
    as_of: Annotated[instants.Day | None, Query()] = None,
    as_known_at: Annotated[instants.Instant | None, Query()] = None,
) -> None:
    """Reads the times that were picked. Every page takes them, also one whose questions have none."""
    request.state.times = {"as_of": as_of, "as_known_at": as_known_at}


def language_for(request: Request) -> Language:
    """Returns the language of the request's browser."""
    kept = cookies_of(request.scope).get(LANGUAGE_COOKIE, "")
    return chosen_language(kept, request.headers.get("accept-language", ""))


@dataclass(frozen=True)
class Page:
    """The page of one request. Without a bearer, nobody is signed in."""

    request: Request
    bearer: Bearer | None
    part: Part | None = None  # the books that its questions are limited to

    @cached_property
    def app(self) -> App:
        app: App = self.request.app.state.app
        return app

    @cached_property
    def language(self) -> Language:
        return language_for(self.request)

    @cached_property
    def times(self) -> Mapping[str, Any]:
        """The accounting day and the known-at instant that were picked, each None if it was not."""
        found: Mapping[str, Any] = getattr(self.request.state, "times", {})
        return found or {each.name: None for each in TIMES}

    @property
    def day(self) -> date:
        """The accounting day at whose end the page stands."""
        return self.times["as_of"] or accounting_day(self.times["as_known_at"] or self.app.clock())

    @cached_property
    def linker(self) -> Linker:
        assert self.bearer is not None, "nobody follows links without a session"
        day, known_at = self.times["as_of"], self.times["as_known_at"]
        carried = {"as_of": day and day.isoformat(), "as_known_at": known_at and instant_in_utc(known_at)}
        return Linker(self.bearer.role, {name: text for name, text in carried.items() if text})

    @cached_property
    def records(self) -> Records:
        return Records(Cells(self.language, self.linker))

    @cached_property
    def reader(self) -> Reader:
        assert self.bearer is not None, "nobody asks without a session"
        return Reader(self.bearer.role, self.bearer.scope, self.bearer.account_id)

    @property
    def path(self) -> str:
        return self.request.url.path

    @property
    def address(self) -> str:
        """The address of this page: its permalink, if an instant was picked."""
        return self.request.url.path + (f"?{self.request.url.query}" if self.request.url.query else "")

    @property
    def parameters(self) -> Mapping[str, str]:
        """The other parameters of this page, which stay when the times are picked anew. A cursor is of one time."""
        dropped = (*(each.name for each in TIMES), AFTER.name)
        return {name: text for name, text in self.request.query_params.items() if name not in dropped}

    @property
    def address_now(self) -> str:
        """The address of this page without the picked times."""
        return f"{self.path}?{urlencode(self.parameters)}".removesuffix("?")

    def picked(self, name: str) -> str:
        """Returns a picked time as the field of a form has it: an instant in the zone of the accounting day."""
        match self.times[name]:
            case datetime() as at:
                return local_instant(at)
            case date() as day:
                return day.isoformat()
        return ""

    @property
    def token(self) -> str:
        """The access token of this session."""
        return token_in_cookie(self.request.scope)

    @property
    def proof(self) -> str:
        """The proof of this session, for its forms."""
        return proof_of(self.token)

    def may_ask(self, name: str) -> bool:
        readers = QUESTIONS[name].readers
        return self.bearer is not None and self.bearer.role in readers.any | readers.own

    def ask(self, name: str, **values: Any) -> Answer:
        """Returns the answer to a question at the picked times. Raises as `answer_to` does."""
        question = QUESTIONS[name]
        asked = {each.name: each.default for each in question.parameters}
        asked |= {name: value for name, value in self.times.items() if name in asked} | values
        patience_s: float = self.request.app.state.patience_s
        return answer_to(question, self.app, asked, timeout_s=patience_s, reader=self.reader, part=self.part)
