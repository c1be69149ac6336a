"""The OpenAPI document: FastAPI's own, completed with commands, headers, examples, and a name for each object."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi.routing import APIRoute

from service.http.document.command_schemas import ROUTE, with_commands
from service.http.document.examples import with_examples
from service.http.document.parts import operations, ref
from service.http.document.statuses import as_problems
from service.http.outcomes import REPLAYED

_NULL = {"type": "null"}
_TEXT = {"schema": {"type": "string"}}
_PHRASES = {str(status.value): status.phrase for status in HTTPStatus}
_HEADERS: dict[str, dict[str, Any]] = {
    "Request-Id": {"description": "The id that the client sent, or a new one.", "required": True} | _TEXT,
    "WWW-Authenticate": {"description": "The challenge of RFC 6750.", "required": True} | _TEXT,
    # Its 304 is no answer of the document: clients that are generated from it would have no type for it.
    "ETag": {
        "description": "The tag of the answer. Sent back as `If-None-Match`, it is answered by 304 without a body while"
        " the answer has not changed."
    }
    | _TEXT,
    REPLAYED: {"description": "`true` if this is the first answer again."} | _TEXT,
}


def operation_id(route: APIRoute) -> str:
    """Returns the id of an operation: its own name, which is never changed and names the function of a client."""
    return route.name


def completed(document: dict[str, Any]) -> dict[str, Any]:
    """Returns the document that FastAPI made, completed."""
    document["components"]["headers"] = _HEADERS
    _add_headers(document)
    document = with_examples(with_commands(as_problems(document)))
    _share_responses(document)
    schemas = document["components"]["schemas"]
    for name in list(schemas):
        for field, schema in schemas[name].get("properties", {}).items():
            _name_choice(schemas, f"{name}{_capitalised(field)}", schema)
    return document


def _add_headers(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        for status, response in operation["responses"].items():
            names = ["Request-Id"]
            if status == "401" and path.startswith("/v1/"):
                names.append("WWW-Authenticate")
            if status == "200" and method == "get" and path.startswith("/v1/"):
                names.append("ETag")
            if path == ROUTE and status in ("200", "403", "409", "422"):
                names.append(REPLAYED)
            refs = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
            response["headers"] = response.get("headers", {}) | refs


def _share_responses(document: dict[str, Any]) -> None:
    """Moves the errors that operations share to one place: most have all of them."""
    shared: dict[str, Any] = {}
    document["components"]["responses"] = shared
    for _, _, operation in operations(document):
        for status, response in operation["responses"].items():
            if status >= "400":
                name = _PHRASES[status].title().replace(" ", "").replace("-", "")
                if shared.setdefault(name, response) == response:
                    operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}


def _name_choice(schemas: dict[str, Any], name: str, schema: dict[str, Any]) -> None:
    """Gives the object or the choice that a field may have beside null a name of its own: clients number it else."""
    choices = schema.get("anyOf", [])
    if len(choices) == 2 and _NULL in choices:
        (own,) = (each for each in choices if each != _NULL)
        if own.get("type") == "object" or "enum" in own:
            schemas[name] = dict(own)
            own.clear()
            own |= ref(name)


def _capitalised(field: str) -> str:
    return "".join(word.capitalize() for word in field.split("_"))
