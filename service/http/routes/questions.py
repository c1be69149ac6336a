"""The reads over HTTP: one route below `/v1` for each question of the registry."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import Parameter as Argument
from inspect import Signature
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from service.http.bearer import AccessReader
from service.http.document.statuses import responses
from service.http.entity_tags import matches, tag_of_content, tag_of_positions, tagged
from service.http.exports import export, format_of
from service.http.parameters import OpenApp, annotation_of
from service.http.read_route import ReadRoute
from service.questions.answer_models import envelope_of
from service.questions.asked import Answer, answer_to
from service.questions.envelope import envelope
from service.questions.export import MEDIA
from service.questions.parameters import AT_LEAST, FORMAT, PARTIAL, Parameter
from service.questions.part import part_at_hand
from service.questions.question import Question
from service.questions.registry import QUESTIONS

Respond = Callable[[Answer, dict[str, Any]], Response]


def reading(question: Question, respond: Respond | None = None) -> Callable[..., Response]:
    """Returns the handler of a question. `respond` makes the response of the answer and the parameters; by default it
    is JSON in the one envelope."""
    about_all = (PARTIAL,) if question.may_be_partial else ()
    asked = (*question.parameters, *((FORMAT,) if question.exported else ()), *about_all, AT_LEAST)
    headers = [_header(each.outside) for each in asked if each.header] + (["Accept"] if question.exported else [])

    def read(request: Request, app: OpenApp, reader: AccessReader, **values: Any) -> Response:
        at_least, patience_s, form = values.pop(AT_LEAST.name), request.app.state.patience_s, None
        if question.exported:
            form = format_of(request)
            del values[FORMAT.name]
        part = part_at_hand(app, asked=values.pop(PARTIAL.name, False))
        if form:
            whole = export(request, question, app, values, reader, form, at_least=at_least, part=part)
            return tagged(whole, "", *headers)
        tag = None if at_least or part else tag_of_positions(question, app, values, reader)
        known = request.headers.get("if-none-match")
        if tag and known != "*" and matches(known, tag):
            return tagged(Response(status_code=304), tag, *headers)
        answer = answer_to(question, app, values, at_least=at_least, timeout_s=patience_s, reader=reader, part=part)
        content = envelope(app, question, answer) if respond is None else None
        response = respond(answer, values) if respond else JSONResponse(content)
        tag = tag or tag_of_content(question, reader, content or bytes(response.body))
        return tagged(Response(status_code=304) if matches(known, tag) else response, tag, *headers)

    return declared(read, question, asked)


def declared(read: Callable[..., Response], question: Question, asked: Iterable[Parameter]) -> Callable[..., Response]:
    """Returns the handler with the signature that FastAPI reads: the request, the ledger, the reader, and these
    parameters of the question."""
    places = [
        Argument("request", Argument.KEYWORD_ONLY, annotation=Request),
        Argument("app", Argument.KEYWORD_ONLY, annotation=OpenApp),
        Argument("reader", Argument.KEYWORD_ONLY, annotation=AccessReader),
    ]
    for each in asked:
        in_path = question.names_in_path(each)
        default = Argument.empty if in_path or each.required else each.default
        kind = annotation_of(each, in_path=in_path)
        places.append(Argument(each.name, Argument.KEYWORD_ONLY, default=default, annotation=kind))
    read.__signature__ = Signature(places)  # type: ignore[attr-defined]
    read.folds = question.folds  # type: ignore[attr-defined]
    read.__name__, read.__doc__ = question.name.replace("-", "_").replace(" ", "_"), question.says
    return read


def answers_of(question: Question) -> dict[int | str, dict[str, Any]]:
    """Returns the documented answers beside 200 that only some questions have."""
    ambiguous = (409,) if "{order}" in question.path else ()
    own: dict[int | str, dict[str, Any]] = {}
    if question.exported:
        whole = "The answer; as CSV, as NDJSON or for Excel the whole list, without the envelope"
        own[200] = {"description": whole, "content": {media: {} for media in MEDIA.values()}}
    return own | responses(401, 403, *((404,) if "{" in question.path else ()), *ambiguous)


def _header(name: str) -> str:
    return "-".join(word.capitalize() for word in name.split("_"))


router = APIRouter(route_class=ReadRoute)
for _question in QUESTIONS.values():
    router.get(
        _question.path,
        tags=[_question.group],
        response_model=envelope_of(_question),
        responses=answers_of(_question),
    )(reading(_question))
