"""The OpenAPI document's operations for commands: one for each command of the menu, with its fields, and the batch.

Every object has a name of its own, so that a generated client is typed through: `PlaceOrder` has the fields of the
command, `PlaceOrderRequest` is the body of its request, and `PlaceOrderItem` is its item of a batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from commands.command import Command
from commands.menu import MENU
from commands.proposable import PROPOSABLE
from commands.proposals.propose import Propose
from service.http.document.parts import OBJECTS, ref
from service.http.limits import MOST_COMMANDS
from service.questions.presentation import STORED_MONEY, MoneyText

# A token is created where its secret is made.
OVER_HTTP = {name: line for name, line in MENU.items() if name != "create_access_token"}
ROUTE = "/v1/commands/{name}"
BATCH = "/v1/commands"
_BESIDE = ("source", "correlation_id", "causation_id")  # of the envelope; the rest comes from the request itself
_BOUNDS = {"ge": "minimum", "le": "maximum"}  # where pydantic hands on its own words
Schema = dict[str, Any]


def with_commands(document: Schema) -> Schema:
    """Returns the document with an operation for each command in place of the one route that serves them, and with the
    items of a batch."""
    route = document["paths"].pop(ROUTE)["post"]
    schemas = document["components"]["schemas"]
    for name, line in OVER_HTTP.items():
        _add_models(line.command, schemas)
        document["paths"][ROUTE.format(name=name)] = {"post": _operation(route, line.command)}
    kinds = {name: f"{line.command.__name__}Item" for name, line in OVER_HTTP.items()}
    schemas["BatchRequest"] = _object(
        {"commands": {"type": "array", "minItems": 1, "maxItems": MOST_COMMANDS, "items": _one_of(kinds)}},
        description="A batch of commands, decided in their order.",
    )
    document["paths"][BATCH]["post"]["requestBody"] = _json_body("BatchRequest")
    return document


def _operation(route: Schema, kind: type[Command]) -> Schema:
    return route | {
        "operationId": kind.name,
        "summary": kind.name.replace("_", " ").capitalize(),
        "description": _says(kind),
        "parameters": [each for each in route["parameters"] if each["in"] != "path"],
        "requestBody": _json_body(f"{kind.__name__}Request"),
    }


def _add_models(kind: type[Command], schemas: Schema) -> None:
    """Adds the models of a command: its fields, the body of its request, and its item of a batch."""
    fields = _fields(kind, schemas)
    name, beside = kind.__name__, (*_BESIDE, *(("occurred_at",) if kind.reports_a_fact else ()))
    if kind is Propose:
        schemas[name] = _proposals(fields, schemas)
    else:
        schemas[name] = _data(kind, fields)
    envelope = {field: fields["properties"][field] for field in beside}
    data = {"data": ref(name)}
    schemas[f"{name}Request"] = _object(data, envelope, description=f"The body of `{kind.name}`.")
    named = {"command": {"type": "string", "const": kind.name}, "id": fields["properties"]["id"]}
    schemas[f"{name}Item"] = _object(named | data, envelope, description=f"`{kind.name}` in a batch.")


def _proposals(fields: Schema, schemas: Schema) -> Schema:
    """Adds a model for the proposal of each command that takes two people, and returns the choice between them."""
    for name, line in PROPOSABLE.items():
        schemas[line.command.__name__] = _data(line.command, _fields(line.command, schemas))
        data = _data(Propose, fields)
        data["properties"] |= {"command": {"type": "string", "const": name}, "data": ref(line.command.__name__)}
        schemas[f"Propose{line.command.__name__}"] = data
    return _one_of({name: f"Propose{line.command.__name__}" for name, line in PROPOSABLE.items()})


def _fields(kind: type[Command], schemas: Schema) -> Schema:
    """Returns the schema of the command with its envelope, and adds the models that it names."""
    found: Schema = plain(kind.model_json_schema(ref_template=f"{OBJECTS}{{model}}Input"))
    for name, schema in found.pop("$defs", {}).items():
        schemas[f"{name}Input"] = schema
    return found


def _data(kind: type[Command], fields: Schema) -> Schema:
    own = {name: schema for name, schema in fields["properties"].items() if name not in Command.model_fields}
    needed = {name: own.pop(name) for name in fields.get("required", ()) if name in own}
    return _object(needed, own, description=_says(kind))


def _object(needed: Mapping[str, Any], optional: Mapping[str, Any] | None = None, *, description: str) -> Schema:
    found = {"type": "object", "description": description, "additionalProperties": False}
    return found | {"required": list(needed), "properties": {**needed, **(optional or {})}}


def _one_of(kinds: Mapping[str, str]) -> Schema:
    """Returns the choice between models by their field `command`."""
    mapping = {value: f"{OBJECTS}{model}" for value, model in kinds.items()}
    choices = [ref(model) for model in kinds.values()]
    return {"oneOf": choices, "discriminator": {"propertyName": "command", "mapping": mapping}}


def _json_body(model: str) -> Schema:
    return {"required": True, "content": {"application/json": {"schema": ref(model)}}}


def _says(kind: type[Command]) -> str:
    return " ".join((kind.__doc__ or "").split())


def plain(schema: Any) -> Any:
    """Returns the schema with money in the one form of answers, and with the words of JSON Schema alone."""
    if isinstance(schema, list):
        return [plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("properties", {}).keys() == STORED_MONEY:
        return ref(MoneyText.__name__)
    return dict(_plain_items(schema))


def _plain_items(schema: Schema) -> Iterator[tuple[str, Any]]:
    for word, value in schema.items():
        if word == "properties":
            yield word, {name: plain(field) for name, field in value.items()}
        elif word != "title":  # clients would name their classes by it
            yield _BOUNDS.get(word, word), plain(value)
