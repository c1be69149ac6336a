"""The statuses that routes answer with beside 200, as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Any

from ledger.log.database_errors import KINDS
from service.http.errors import KNOWN, ErrorAnswer

# Refused by the protocol, the edge or the routing, with the sentence of the document of errors.
ELSEWHERE: dict[tuple[int, str], str] = {
    (400, "NOT_HTTP"): "What was sent is no HTTP/1.1 request.",
    (405, "METHOD_NOT_ALLOWED"): "The address answers other methods: the header `Allow` names them.",
    (408, "REQUEST_TOO_SLOW"): "The headers or the body were not complete in time; the connection is closed.",
    (413, "BODY_TOO_LONG"): "The body is longer than any that a sender documents.",
    (414, "ADDRESS_TOO_LONG"): "Path and query are too long.",
    (415, "BODY_ENCODED"): "The body is compressed, or encoded otherwise: it is read only as it is signed.",
    (422, "INVALID_PARAMETER"): "A parameter is not what its name says. `field` is the parameter.",
    (431, "HEADERS_TOO_LONG"): "There are too many headers, or they are too long.",
    (500, "FAULT"): "The fault is the service's own; its log says more.",
}
EVERYWHERE = (*sorted({status for status, _ in ELSEWHERE}), 503)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The documented answers of these statuses, each with the codes it may have."""
    codes: dict[int, list[str]] = {}
    troubles = [(503, kind.code) for kind in KINDS]
    for status, code in dict.fromkeys([*ELSEWHERE, *KNOWN.values(), *troubles]):
        codes.setdefault(status, []).append(f"`{code}`")
    return {status: _response(status, codes[status]) for status in statuses}


def _response(status: int, codes: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"model": ErrorAnswer, "description": ", ".join(codes)}
    if status in (405, 503):
        name, kind = ("Allow", "string") if status == 405 else ("Retry-After", "integer")
        found["headers"] = {name: {"schema": {"type": kind}}}
    return found
