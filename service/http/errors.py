"""The one form of errors over HTTP: problem details of RFC 9457, with a code that never changes."""

from __future__ import annotations

import logging
import re
from math import ceil
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from ledger.log.cursor import CursorAhead, ForeignCursor, NotACursor
from ledger.log.database_errors import DatabaseTrouble, trouble_of
from ledger.log.lost_books import BooksLost, is_lost
from ledger.validation_messages import cut, words_of
from projections.engine.generations import ViewOutdated
from projections.engine.views import TooManyWaiting, ViewBehind
from projections.tracking.tracking import AmbiguousOrder
from service.access.gate import TokenMissing, TokenRefused
from service.access.issuer_keys import IssuerUnreachable
from service.failures import NotKnown, ServiceFailure, UnknownValue
from service.feeds.view_query import ViewChanged
from service.formats.refused_bodies import SignatureDoesNotMatch
from service.intake.messages import RateNotKnown
from service.questions.past_states import TooManyToFold
from service.questions.reader import RoleMayNotRead
from service.subscriptions.book_delivery import NotHeld
from service.subscriptions.lease_call import PlaceLost
from service.subscriptions.subscriptions import SubscriptionEnded
from service.tracking.localisation import UnknownLocale

_logger = logging.getLogger(__name__)


class Problem(BaseModel):
    """An error as problem details of RFC 9457. `code` never changes, `detail` is a sentence for people, and `field` is
    the parameter that is wrong. The refusal of a command has its `facts`, and the `remedy`: the next step. `books` are
    those whose server is lost."""

    model_config = ConfigDict(extra="forbid")

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
    facts: dict[str, Any] | None = None
    remedy: str | None = None
    books: tuple[int, ...] | None = None


PROBLEM_MEDIA = "application/problem+json"


class TooBusy(Exception):
    """The service already runs the greatest number of requests of this sort. `Retry-After` gives the time to wait."""


class TooMany(Exception):
    """The client sends more than its part. `Retry-After` gives the time to wait."""

    def __init__(self, sentence: str, *, wait_s: float = 0.0) -> None:
        super().__init__(sentence)
        self.wait_s = wait_s


class TooManyRequests(TooMany):
    """The account sends more requests a second than its rate allows. `Retry-After` gives the time to wait."""


class TooManyAtOnce(TooMany):
    """The account, or the address, has its part of the places and of the queue. Wait for your earlier requests."""


class TooManyRefusedTokens(TooMany):
    """Too many tokens from this address were refused. `Retry-After` gives the time to wait."""


class BadParameter(ValueError):
    """A parameter has a wrong value. `field` is the parameter."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class NotSetUp(ServiceFailure):
    """The service has no secret for this sender."""


KNOWN: dict[type[Exception], tuple[int, str]] = {
    NotSetUp: (404, "WEBHOOK_NOT_SET_UP"),
    SignatureDoesNotMatch: (401, "SIGNATURE_DOES_NOT_MATCH"),
    RateNotKnown: (503, "RATE_MISSING"),
    UnknownLocale: (422, "UNKNOWN_LOCALE"),
    UnknownValue: (422, "INVALID_PARAMETER"),
    TokenMissing: (401, "TOKEN_MISSING"),
    TokenRefused: (401, "TOKEN_REFUSED"),
    IssuerUnreachable: (503, "ISSUER_UNREACHABLE"),
    RoleMayNotRead: (403, "ROLE_NOT_ALLOWED"),
    ViewChanged: (410, "VIEW_CHANGED"),
    TooManyToFold: (422, "TOO_MANY_EVENTS"),
    SubscriptionEnded: (410, "SUBSCRIPTION_ENDED"),
    PlaceLost: (422, "POSITION_UNUSABLE"),
    NotHeld: (409, "LEASE_NOT_HELD"),
    NotKnown: (404, "NOT_FOUND"),
    ServiceFailure: (404, "NOT_FOUND"),
    BadParameter: (422, "INVALID_PARAMETER"),
    NotACursor: (422, "POSITION_UNUSABLE"),
    ForeignCursor: (422, "POSITION_UNUSABLE"),
    CursorAhead: (422, "POSITION_UNUSABLE"),
    AmbiguousOrder: (409, "SEVERAL_ORDERS"),
    ClientDisconnect: (408, "REQUEST_TOO_SLOW"),
    TooManyRequests: (429, "TOO_MANY_REQUESTS"),
    TooManyAtOnce: (429, "TOO_MANY_AT_ONCE"),
    TooManyRefusedTokens: (429, "TOO_MANY_REFUSED_TOKENS"),
    TooBusy: (503, "TOO_BUSY"),
    TooManyWaiting: (503, "TOO_MANY_WAITING"),
    ViewBehind: (503, "VIEW_BEHIND"),
    ViewOutdated: (503, "VIEW_OUTDATED"),
}


# Where the problem's own words are a library's.
_PLAIN = {"REQUEST_TOO_SLOW": "The request was not complete in time. Send it again without a pause."}
# RFC 9110 §11.6.1 wants a challenge in every 401. RFC 6750 §3 names an error only if a token was sent.
_CHALLENGES = {
    "TOKEN_MISSING": 'Bearer realm="redledger"',
    "TOKEN_REFUSED": 'Bearer realm="redledger", error="invalid_token"',
    "SIGNATURE_DOES_NOT_MATCH": 'HMAC-SHA256 realm="webhooks"',
}
_HTTP = {400: "MALFORMED_JSON", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "BODY_TOO_LONG"}
RETRY_SOON_S, RETRY_LATER_S = 1, 30  # trouble that may pass by itself, and trouble that waits for a person


def problem(status: int, code: str, sentence: str, field: str = "") -> dict[str, Any]:
    """Returns problem details as RFC 9457 writes them."""
    title = code.replace("_", " ").capitalize()
    found = {
        "type": f"urn:redledger:problem:{code}",
        "title": title,
        "status": status,
        "detail": sentence,
        "code": code,
    }
    return found | ({"field": field} if field else {})


def error(
    status: int, code: str, sentence: str, field: str = "", *, wait_s: float = RETRY_SOON_S, **more: Any
) -> JSONResponse:
    headers = {"Retry-After": str(max(1, ceil(wait_s)))} if status in (429, 503) else {}
    if challenge := _CHALLENGES.get(code):
        headers["WWW-Authenticate"] = challenge
    content = problem(status, code, sentence, field) | more
    return JSONResponse(content, status_code=status, headers=headers, media_type=PROBLEM_MEDIA)


def handle_errors(application: FastAPI) -> None:
    for kind in KNOWN:
        application.add_exception_handler(kind, _known)
    application.add_exception_handler(DatabaseTrouble, _trouble)
    application.add_exception_handler(HTTPException, _http)
    application.add_exception_handler(RequestValidationError, _parameter)
    application.add_exception_handler(Exception, _unknown)


def answer_to_failure(request: Request, failure: Exception) -> Response:
    """Returns the answer to what a handler raised, as the handlers of the application give it."""
    if isinstance(failure, tuple(KNOWN)):
        return _known(request, failure)
    if isinstance(failure, RequestValidationError):
        return _parameter(request, failure)
    return _http(request, failure) if isinstance(failure, HTTPException) else _unknown(request, failure)


def _known(request: Request, problem: Exception) -> JSONResponse:  # noqa: ARG001
    status, code = next(answer for kind, answer in KNOWN.items() if isinstance(problem, kind))
    wait_s = problem.wait_s if isinstance(problem, TooMany | IssuerUnreachable) else RETRY_SOON_S
    sentence = _PLAIN.get(code) or str(problem)
    return error(status, code, sentence, getattr(problem, "field", ""), wait_s=wait_s)


def _trouble(request: Request, failure: Exception) -> JSONResponse:
    trouble = trouble_of(failure)
    assert trouble is not None
    if is_lost(trouble):
        trouble = _lost_books(request.app.state.app) or trouble
    wait_s = RETRY_SOON_S if trouble.retryable else RETRY_LATER_S
    more: dict[str, Any] = {"books": trouble.books} if isinstance(trouble, BooksLost) else {}
    return error(503, trouble.kind.code, trouble.public, wait_s=wait_s, **more)


def _lost_books(app: Any) -> BooksLost | None:
    """Returns the books whose server is lost, or None if all answer again."""
    try:
        lost = app.ledger.reader.lost_books()
    except DatabaseTrouble:
        return None
    return BooksLost(lost) if lost else None


def _http(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    status, code = problem.status_code, _HTTP.get(problem.status_code, "HTTP_ERROR")
    if status == 405:
        return _other_method(request, problem)
    sentence = f"The address {request.url.path} does not exist." if status == 404 else f"{problem.detail}."
    return error(status, code, sentence)


def _other_method(request: Request, problem: HTTPException) -> Response:
    """Answers 405 with the methods of all routes at the address. OPTIONS gets them as its answer."""
    listed: list[tuple[re.Pattern[str], set[str]]] = request.app.state.methods
    methods = {method for path, known in listed if path.match(request.url.path) for method in known}
    methods |= {method.strip() for method in (problem.headers or {}).get("Allow", "").split(",")}
    allowed = ", ".join(sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())))
    if request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": allowed})
    answer = error(405, "METHOD_NOT_ALLOWED", f"{request.url.path} answers {allowed}, not {request.method[:20]}.")
    answer.headers["Allow"] = allowed
    return answer


def _parameter(request: Request, problem: Exception) -> JSONResponse:  # noqa: ARG001
    assert isinstance(problem, RequestValidationError)
    first = problem.errors()[0]
    words = words_of(first, shows_value=True)
    return error(422, "INVALID_PARAMETER", f"{words[:1].upper()}{words[1:]}.", cut(str(first["loc"][-1])))


def _unknown(request: Request, problem: Exception) -> JSONResponse:
    if trouble_of(problem) is not None:
        return _trouble(request, problem)
    _logger.error("%s %s failed", request.method, request.url.path, exc_info=problem)
    return error(500, "FAULT", "This is a defect of the service. It was written to the service's log.")
