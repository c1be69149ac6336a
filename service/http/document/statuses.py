"""The statuses that routes answer beside 200, as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Any

from ledger.log.database_errors import KINDS
from service.http.document.parts import operations, ref
from service.http.errors import KNOWN, PROBLEM_MEDIA, Problem

# Refused by the protocol, the edge or the routing, with the sentence of the document of errors.
ELSEWHERE: dict[tuple[int, str], str] = {
    (400, "NOT_HTTP"): "The bytes sent are not an HTTP/1.1 request.",
    (405, "METHOD_NOT_ALLOWED"): "The address answers other methods. The header `Allow` names them.",
    (408, "REQUEST_TOO_SLOW"): "The headers or the body were not complete in time; the connection is closed.",
    (413, "BODY_TOO_LONG"): "The body is longer than the limit, which is above every documented webhook.",
    (414, "ADDRESS_TOO_LONG"): "Path and query are too long.",
    (415, "BODY_ENCODED"): "The body is compressed or encoded. Send it as it was signed.",
    (422, "INVALID_PARAMETER"): "A parameter has a wrong value. `field` is the parameter.",
    (431, "HEADERS_TOO_LONG"): "There are too many headers, or they are too long.",
    (500, "FAULT"): "A defect of the service. Its log has the details.",
}
# Answers of commands alone. Every other refusal has 409 and its own code.
OF_COMMANDS: dict[tuple[int, str], str] = {
    (400, "MALFORMED_JSON"): "The body is not JSON.",
    (403, "ROLE_NOT_ALLOWED"): "The role of the token may not do this. `facts` has the roles that may.",
    (403, "SCOPE_NOT_ALLOWED"): "The token acts for another merchant, buyer or account.",
    (404, "UNKNOWN_COMMAND"): "There is no command of this name.",
    (409, "VERSION_CONFLICT"): "The data changed while the command was recorded. Any refusal by the state of the ledger"
    " has 409, with its code of the document of refusals.",
    (422, "IDEMPOTENCY_KEY_REUSED"): "The key was used for another body. Choose a new key.",
    (422, "INVALID_FIELD"): "A field of the body has a wrong value. `field` is its path.",
}
EVERYWHERE = (*sorted({status for status, _ in ELSEWHERE}), 429, 503)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Returns the documented answers of these statuses, each with its possible codes."""
    codes: dict[int, list[str]] = {}
    troubles = [(503, kind.code) for kind in KINDS]
    for status, code in dict.fromkeys([*ELSEWHERE, *OF_COMMANDS, *KNOWN.values(), *troubles]):
        codes.setdefault(status, []).append(f"`{code}`")
    return {status: _response(status, codes[status]) for status in statuses}


def _response(status: int, codes: list[str]) -> dict[str, Any]:
    # The schema by its name: with the model itself, FastAPI would build a validator for each error of each route, anew
    # in each application.
    found: dict[str, Any] = {
        "description": ", ".join(codes),
        "content": {PROBLEM_MEDIA: {"schema": ref(Problem.__name__)}},
    }
    if status in (405, 429, 503):
        name, kind = ("Allow", "string") if status == 405 else ("Retry-After", "integer")
        found["headers"] = {name: {"schema": {"type": kind}}}
    return found


def as_problems(document: dict[str, Any]) -> dict[str, Any]:
    """Returns the OpenAPI document with problem details beside an error that a route describes as its own object."""
    problem = ref(Problem.__name__)
    for _, _, operation in operations(document):
        for status, response in operation["responses"].items():
            if status >= "400" and "application/json" in (content := response.get("content", {})):
                response["content"] = {PROBLEM_MEDIA: {"schema": problem}} | content
    return document
