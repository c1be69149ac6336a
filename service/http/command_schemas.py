"""The OpenAPI document's operations for commands: one for each command of the menu, with its fields."""

from __future__ import annotations

from typing import Any

from commands.command import Command
from service.http.commands import OVER_HTTP

ROUTE = "/v1/commands/{name}"
_BESIDE = ("source", "correlation_id", "causation_id")  # of the envelope; the rest comes from the request itself
_REFS = "#/components/schemas/{model}Input"


def with_commands(document: dict[str, Any]) -> dict[str, Any]:
    """Returns the document with an operation for each command in place of the one route that serves them."""
    route = document["paths"].pop(ROUTE)["post"]
    schemas = document["components"]["schemas"]
    for name, line in OVER_HTTP.items():
        document["paths"][ROUTE.format(name=name)] = {"post": _operation(route, line.command, schemas)}
    return document


def _operation(route: dict[str, Any], kind: type[Command], schemas: dict[str, Any]) -> dict[str, Any]:
    says = " ".join((kind.__doc__ or "").split())
    content = {"application/json": {"schema": _body(kind, schemas)}}
    return route | {
        "operationId": kind.name,
        "summary": kind.name.replace("_", " ").capitalize(),
        "description": says,
        "parameters": [each for each in route["parameters"] if each["in"] != "path"],
        "requestBody": {"required": True, "content": content},
    }


def _body(kind: type[Command], schemas: dict[str, Any]) -> dict[str, Any]:
    """Returns the schema of the body: the command's own fields in `data`, and the envelope that a sender may give."""
    found = kind.model_json_schema(ref_template=_REFS)
    for name, schema in found.pop("$defs", {}).items():
        schemas[f"{name}Input"] = schema
    fields = found["properties"]
    own = {name: schema for name, schema in fields.items() if name not in Command.model_fields}
    beside = (*_BESIDE, *(("occurred_at",) if kind.reports_a_fact else ()))
    needed = [name for name in found.get("required", ()) if name in own]
    data = {"type": "object", "additionalProperties": False, "properties": own, "required": needed}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["data"],
        "properties": {"data": data} | {name: fields[name] for name in beside},
    }
