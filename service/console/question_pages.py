"""One page for each question of the registry, at the address that it has below `/v1`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from service.console.actions import with_actions
from service.console.cells import Linked
from service.console.event import event_page
from service.console.fields import local_instant
from service.console.layout import shown
from service.console.merchant import merchant_page
from service.console.navigation import VERIFICATION
from service.console.order import order_page, picked_step
from service.console.page import Page, picked_times
from service.console.parts import followed
from service.console.records import Facts, Grid
from service.http.exports import export, format_of
from service.http.parameters import OpenApp
from service.http.read_route import ReadRoute
from service.http.routes.questions import declared
from service.questions.asked import Answer
from service.questions.parameters import AFTER, FORMAT, LIMIT, PARTIAL, TIMES, Kind, Parameter
from service.questions.part import part_at_hand
from service.questions.presentation import instant_in_utc
from service.questions.question import Question
from service.questions.reader import Reader
from service.questions.registry import QUESTIONS

Make = Callable[[Page, Mapping[str, Any]], Response]
# Questions with a page of their own. Every other one is shown as facts and tables.
_OWN: Mapping[str, Make] = {"balance": merchant_page, "show event": event_page, "history": order_page}
_MORE = {"history": [Depends(picked_step)]}  # what a page takes beside the parameters of its question
_BESIDE = {"audit": VERIFICATION}
_INPUTS = {
    Kind.DAY: "date", Kind.INSTANT: "datetime-local", Kind.NUMBER: "number", Kind.FLAG: "checkbox",
    Kind.CHOICE: "select",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One filter of a list, as a field of its form."""

    name: str
    sort: str
    value: str
    choices: tuple[str, ...] = ()


def filters_of(question: Question, values: Mapping[str, Any]) -> Iterator[Field]:
    """Yields the fields of a question's form: all parameters but those of the path, of pages, and the picked times."""
    for each in _filtering(question):
        value = values[each.name]
        text = local_instant(value) if isinstance(value, datetime) else _text(value)
        yield Field(each.outside, _INPUTS.get(each.kind, "text"), text, each.choices)


def _filtering(question: Question) -> list[Parameter]:
    elsewhere = {each.name for each in (*TIMES, LIMIT, AFTER)}
    return [
        each
        for each in question.parameters
        if each.name not in elsewhere and not each.header and not question.names_in_path(each)
    ]


def _text(value: Any) -> str:
    match value:
        case None | False:
            return ""
        case True:
            return "true"
        case datetime():
            return instant_in_utc(value)
    return str(value)


def _shown(question: Question) -> Callable[..., Response]:
    about_all = (PARTIAL,) if question.may_be_partial else ()
    asked = (*question.parameters, *((FORMAT,) if question.exported else ()), *about_all)

    def show(request: Request, app: OpenApp, reader: Reader, **values: Any) -> Response:
        form = format_of(request) if question.exported else None
        values.pop(FORMAT.name, None)
        part = part_at_hand(app, asked=values.pop(PARTIAL.name, False))
        if form:
            sent = export(request, question, app, values, reader, form, part=part)
            sent.headers["Content-Disposition"] = f'attachment; filename="{question.name}.{form}"'
            return sent
        page = Page(request, request.scope["bearer"], part)
        make = _OWN.get(question.name, _any_page(question))
        return make(page, values)

    return declared(show, question, asked)


def _any_page(question: Question) -> Make:
    def make(page: Page, values: Mapping[str, Any]) -> Response:
        answer = page.ask(question.name, **values)
        return shown(
            page,
            "answer.html",
            question=question,
            title=_title(page, question, values),
            sections=_sections(page, question, answer),
            filters=list(filters_of(question, values)),
            summary=page.records.sections_of(page.language.text("summary"), answer.summary) if answer.summary else [],
            here=_here(page, question, values),
            cursor=answer.next,
            views=followed(page, question.name),
            folded=answer.folded,
            missing_books=answer.missing_books,
            beside=_beside(page, question),
        )

    return make


def _beside(page: Page, question: Question) -> Linked | None:
    """Returns the page that belongs beside this one, if the reader may open it."""
    other = _BESIDE.get(question.name)
    return Linked(other.label, page.linker.page(other.path)) if other and page.may_ask(other.question) else None


def _sections(page: Page, question: Question, answer: Answer) -> list[Facts | Grid]:
    if question.is_list:
        return [with_actions(page, question, answer.data, page.records.grid_of(question, answer.data), many=True)]
    return page.records.sections_of("", answer.data)


def _title(page: Page, question: Question, values: Mapping[str, Any]) -> str:
    ids = [str(values[each.name]) for each in question.parameters if question.names_in_path(each)]
    return " ".join((page.language.label(question.name.removeprefix("show ")), *ids))


def _here(page: Page, question: Question, values: Mapping[str, Any]) -> Callable[..., str]:
    """Returns the function that makes the address of this page with other parameters."""
    given = {each.outside: _text(values[each.name]) for each in _filtering(question)}
    given |= {PARTIAL.name: "true"} if page.part else {}
    given |= {LIMIT.name: values[LIMIT.name]} if values.get(LIMIT.name, question.rows) != question.rows else {}

    def here(**changed: Any) -> str:
        path = page.request.url.path.removeprefix(page.request.scope["root_path"])
        return page.linker.page(path, **{**given, **changed})

    return here


PATHS: Mapping[str, Question] = {each.path: each for each in QUESTIONS.values()}
router = APIRouter(route_class=ReadRoute, dependencies=[Depends(picked_times)])
for _question in QUESTIONS.values():
    router.get(_question.path, dependencies=_MORE.get(_question.name))(_shown(_question))
