"""Statements over HTTP, byte for byte as they were issued: the one read without the envelope."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from service.finance.statements import IssuedStatement, issued_statements, statement_of
from service.http.read_route import ReadRoute
from service.http.routes.questions import answers_of, reading
from service.questions.asked import Answer, Asked
from service.questions.parameters import MERCHANT, TIMES, Kind, Parameter, choice
from service.questions.question import MERCHANTS, Question

_MEDIA = {"json": "application/json", "csv": "text/csv", "text": "text/plain", "html": "text/html"}


def _find(asked: Asked) -> IssuedStatement:
    issued = issued_statements(asked.app, asked["merchant"], **asked.given("as_of", "as_known_at"))
    return statement_of(asked.app, issued, asked["number"])


STATEMENT = Question(
    name="issued-statement",
    group="money",
    path="/merchants/{merchant}/statements/{number}",
    says="Returns one statement, byte for byte as it was issued.",
    find=_find,
    answer="service.finance.statements:IssuedStatement",
    readers=MERCHANTS,
    own_parameters=(
        MERCHANT.as_argument("Id of the merchant."),
        Parameter(name="number", says="Number of the statement; the merchant's first is 1.", kind=Kind.NUMBER),
        choice("form", "Format of the statement.", *_MEDIA),
        *TIMES,
    ),
    noun="Statement",
)
_CONTENT = {media: {"schema": {"type": "string"}} for media in _MEDIA.values()} | {
    "application/json": {"schema": {"title": "StatementDocument", "type": "object"}}
}
_ONE: dict[int | str, dict[str, Any]] = {200: {"content": _CONTENT, "description": "The statement, in the chosen form"}}


def _response(answer: Answer, values: dict[str, Any]) -> Response:
    return Response(getattr(answer.data, values["form"]), media_type=_MEDIA[values["form"]])


router = APIRouter(tags=["money"], route_class=ReadRoute)
router.get(STATEMENT.path, response_class=Response, responses=_ONE | answers_of(STATEMENT))(
    reading(STATEMENT, _response)
)
