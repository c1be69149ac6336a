"""Types that many schemas use, each described once: money, rates, instants, days, sealed values and others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, get_type_hints

from pydantic import TypeAdapter

from ledger.actors import Actor
from ledger.fx import Rate
from ledger.ids import Id
from ledger.journal.entry import Line
from ledger.money import Money
from service.questions.presentation import MoneyText
from service.schemas.catalogue import ADDRESS, Kind, Schema

_FORMATS = {"date-time": "instant", "date": "day", "duration": "duration"}
_DEFINITIONS = {MoneyText.__name__: "money", Rate.__name__: "rate", Actor.__name__: "actor"}
_ID = TypeAdapter(Id).json_schema() | {"description": "An id or a reference."}
_LOCAL = "#/$defs/"
_MAPS = ("properties", "$defs")  # their keys are names, not words of JSON Schema
_VALUES = ("enum", "const", "default", "examples")  # their values are no schemas
_BESIDE = ("default",)  # of a field, beside the reference to its type
_CLOSED = ("additionalProperties", False)
_BOUNDS = {"ge": "minimum", "le": "maximum"}  # where pydantic hands on its own words
_RATE = "`value` units of `quote` for one unit of `base`, as `source` gave it for the day `as_of`."
_CURRENCY = {"type": "string", "pattern": "^[A-Z]{3}$", "description": "A currency by its code of ISO 4217."}


def type_ref(name: str) -> Schema:
    return {"$ref": f"{ADDRESS}/{Kind.TYPES}/{name}"}


def shared_types() -> dict[str, Schema]:
    """Returns the schemas of the shared types."""
    return {
        "id": _ID,
        "currency": _CURRENCY,
        "instant": _text("date-time", "An instant with its zone (RFC 3339). The ledger writes it in UTC with `Z`."),
        "day": _text("date", "A day of the calendar. An accounting day is a day of Asia/Shanghai."),
        "duration": _text("duration", "A duration (ISO 8601) in days, hours, minutes and seconds."),
        "money": _inside(MoneyText),
        "recorded_money": _recorded_money(),
        "rate": _inside(Rate) | {"additionalProperties": False, "description": _RATE},
        "actor": _inside(Actor),
        "sealed": _sealed(),
        "journal_entry": _journal_entry(),
    }


def _text(format: str, description: str) -> Schema:
    return {"type": "string", "format": format, "description": description}


def _inside(kind: Any) -> Schema:
    """Returns the schema of a type, with references to the other types."""
    return plain(TypeAdapter(kind).json_schema(mode="serialization"), RECORDED)


def _recorded_money() -> Schema:
    found = TypeAdapter(Money).json_schema(mode="serialization")
    minor = {name: value for name, value in found["properties"]["minor"].items() if name != "title"}
    return {
        "type": "object",
        "description": "An amount as events hold it: a whole number of minor units of a currency.",
        "additionalProperties": False,
        "required": ["currency", "minor"],
        "properties": {"currency": type_ref("currency"), "minor": minor},
    }


def _sealed() -> Schema:
    return {
        "type": "object",
        "description": "A personal value, encrypted with the key of its subject. Nobody can read it once the key is"
        " destroyed.",
        "additionalProperties": False,
        "required": ["box", "subject"],
        "properties": {
            "box": {"type": "string", "description": "Nonce and ciphertext of AES-256-GCM, in base64url."},
            "subject": {"type": "string", "description": "The person whose key seals the value."},
        },
    }


def _journal_entry() -> Schema:
    types = {int: {"type": "integer"}, str: {"type": "string"}}
    hints = get_type_hints(Line)
    fields = {name: types.get(hint, types[str]) for name, hint in hints.items()}
    about = {
        "account": {"description": "Code of the account in the chart of accounts."},
        "amount": {"description": "Minor units of `currency`, debit positive."},
        "base": {"description": "The same in minor units of CNY. The lines of an entry sum to zero."},
    }
    properties = {name: field | about.get(name, {}) for name, field in fields.items()}
    line = {
        "type": "object",
        "description": "One line with the dimensions that are known.",
        "required": [name for name in Line._fields if name not in Line._field_defaults],
        "properties": properties | {"currency": type_ref("currency")},
    }
    return {"type": "array", "description": "A journal entry. It balances in CNY.", "minItems": 2, "items": line}


class Form(NamedTuple):
    """The form of schemas of one sort: the type of their money, and if later versions may add fields."""

    money: str
    closed: bool


RECORDED = Form("recorded_money", closed=True)  # a recorded event never changes
REQUESTED = Form("money", closed=True)  # an unknown field is refused
ANSWERED = Form("money", closed=False)  # clients ignore what they do not know


def plain(schema: Schema, form: Form) -> Schema:
    """Returns a schema that pydantic made in the words of JSON Schema, with references to the shared types, and with
    the definitions that are left."""
    found: Schema = _plain(schema, form)
    definitions = found.pop("$defs", {})
    needed = _needed(found, definitions)
    return found | ({"$defs": {name: definitions[name] for name in sorted(needed)}} if needed else {})


def _plain(schema: Any, form: Form) -> Any:
    if isinstance(schema, list):
        return [_plain(each, form) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if name := _shared(schema, form):
        return type_ref(name) | {word: schema[word] for word in _BESIDE if word in schema}
    return dict(_items(schema, form))


def _shared(schema: Schema, form: Form) -> str | None:
    """Returns the name of the shared type that this is, or None."""
    if schema.get("properties", {}).keys() == {"minor", "currency"}:
        return form.money
    if (schema.get("pattern"), schema.get("maxLength")) == (_ID["pattern"], _ID["maxLength"]):
        return "id"
    return _FORMATS.get(schema.get("format", "")) or _DEFINITIONS.get(_defined(schema))


def _defined(schema: Mapping[str, Any]) -> str:
    """Returns the name of the definition that the schema refers to, or ''."""
    ref: str = schema.get("$ref", "")
    return ref.removeprefix(_LOCAL) if ref.startswith(_LOCAL) else ""


def _items(schema: Schema, form: Form) -> Iterator[tuple[str, Any]]:
    for word, value in schema.items():
        if word in _MAPS:
            yield word, {name: _plain(each, form) for name, each in value.items()}
        elif word == "description":
            yield word, " ".join(value.split())
        elif word in _VALUES:
            yield word, value
        elif word != "title" and (form.closed or (word, value) != _CLOSED):
            yield _BOUNDS.get(word, word), _plain(value, form)


def _needed(part: Any, definitions: Mapping[str, Any], known: frozenset[str] = frozenset()) -> frozenset[str]:
    """Returns the names of the definitions that the part of a schema leads to."""
    if isinstance(part, dict):
        if (name := _defined(part)) and name not in known:
            known = _needed(definitions[name], definitions, known | {name})
        part = list(part.values())
    for each in part if isinstance(part, list) else ():
        known = _needed(each, definitions, known)
    return known
