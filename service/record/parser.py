"""Parser from one JSON text to one command. Every mistake gets a code, a field and a plain sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from commands.command import Command, Handler
from commands.proposable import PROPOSABLE
from ledger.actors import Actor
from ledger.canonical import NotCanonical
from ledger.currencies import exponent_of
from ledger.limits import ODD_TEXT
from ledger.sealed import Sealed
from ledger.validation_messages import cut, words_of

_ENVELOPE = ("id", "actor", "occurred_at", "source", "correlation_id", "causation_id")
_KNOWN = frozenset((*_ENVELOPE, "command", "data"))
_CODES = {
    "extra_forbidden": "UNKNOWN_FIELD",
    "unexpected_keyword_argument": "UNKNOWN_FIELD",
    "missing": "MISSING_FIELD",
}

_CURRENCY = re.compile(rb'"currency"\s*:\s*"([^"]*)"')
# Texts and numbers that canonical JSON cannot hold. A number begins a text or follows an escape, which may be a space
# or a digit of another script; an exponent ends it: the digits of a UUID have none.
_DOUBTFUL = re.compile(
    rb"\\u0000|\\u[dD][89a-fA-F]|\d{16}"
    rb"|(?:(?<![\w.-])-?[\d._]*\d|\\(?:[bfnrt]|u[\da-fA-F]{4})[+-]?[\d._]*)[eE][+-]?(?:[\d_]+(?![\w-])|[\x80-\xff]|\\)"
)
_HIDDEN = re.compile(rb"\\u00[0-7]")  # an escaped ASCII letter, which may hide a name from the patterns above


class Malformed(Exception):
    """The input is not a command. `code` never changes, `field` is a path, `sentence` is for people."""

    def __init__(self, code: str, sentence: str, *, field: str = "", command: str = "", id: str = "") -> None:
        self.code, self.field, self.sentence = code, cut(field), cut(sentence)
        super().__init__(self.sentence)
        self.command, self.id = command, id


def parse_command(text: bytes, menu: Mapping[str, Handler]) -> Command:
    """Returns the command of one JSON object. Raises `Malformed`, whose sentence never contains a personal value."""
    return _exact(_object(text), text, menu)


def imported_command(text: bytes, menu: Mapping[str, Handler]) -> Command:
    """Returns the command of one JSON object that names its own actor: an importer, who records the past of another
    system. Everybody else acts as an account. Raises `Malformed`."""
    command = parse_command(text, menu)
    if not command.actor.is_importer:
        sentence = "only an importer is named here; leave the actor out, and name the account that acts with --by"
        raise Malformed("ACTOR_NOT_YOURS", sentence, field="actor", command=command.name, id=command.id)
    return command


def command_in_body(text: bytes, menu: Mapping[str, Handler], *, actor: Actor, **named: str) -> Command:
    """Returns the command in the body of a request, submitted by `actor`. `named` are the fields of the envelope that
    stand outside the body: `command` and `id`. Raises `Malformed`."""
    return _command_by(actor, _object(text), text, menu, named)


def command_in_item(item: Any, menu: Mapping[str, Handler], *, actor: Actor, is_plain: bool = False) -> Command:
    """Returns the command in one item of a body that was parsed by `json_value`; `is_plain` if the body is. Raises
    `Malformed`."""
    return _command_by(actor, _as_object(item), b"" if is_plain else json.dumps(item).encode(), menu, {})


def is_plain(text: bytes) -> bool:
    """True if a JSON text has nothing that the types of commands accept and the log cannot store. Then none of its
    items has."""
    if _DOUBTFUL.search(text) or _HIDDEN.search(text):
        return False
    return all(map(_is_currency, set(_CURRENCY.findall(text))))


def _command_by(
    actor: Actor, body: dict[str, Any], text: bytes, menu: Mapping[str, Handler], named: Mapping[str, str]
) -> Command:
    if "actor" in body:
        raise _named(
            Malformed("ACTOR_NOT_YOURS", "the actor is the account that acts; leave it out", field="actor"), body
        )
    if twice := sorted(body.keys() & named.keys()):
        raise Malformed("UNKNOWN_FIELD", "it stands outside the body already; leave it out", field=twice[0])
    return _exact(body | dict(named) | {"actor": actor}, text, menu)


def _exact(envelope: dict[str, Any], text: bytes, menu: Mapping[str, Handler]) -> Command:
    try:
        command = _command(envelope, menu)
        _check_exactness(text, command)
    except Malformed as malformed:
        raise _named(malformed, envelope) from None
    return command


def _named(malformed: Malformed, envelope: Mapping[str, Any]) -> Malformed:
    """Returns the complaint with the name and the id of its command, as far as the envelope has them."""
    name, id = envelope.get("command"), envelope.get("id")
    malformed.command = cut(name) if isinstance(name, str) else ""
    malformed.id = cut(id) if isinstance(id, str) else ""
    return malformed


def json_value(text: bytes) -> Any:
    """Returns the value of a JSON text. Raises `Malformed` also for a repeated field and for NaN."""
    try:
        return json.loads(text.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise Malformed("MALFORMED_JSON", "it is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise Malformed("MALFORMED_JSON", f"it is not JSON at character {error.pos + 1}: {error.msg}") from None
    except RecursionError:
        raise Malformed("MALFORMED_JSON", "it is nested too deeply") from None
    except ValueError as error:  # a number with thousands of digits
        raise Malformed("MALFORMED_JSON", f"it is not JSON: {error}") from None


def _object(text: bytes) -> dict[str, Any]:
    return _as_object(json_value(text))


def _as_object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed("MALFORMED_JSON", "it is not a JSON object")
    return value


def _command(envelope: dict[str, Any], menu: Mapping[str, Handler]) -> Command:
    name, data = envelope.get("command"), envelope.get("data", {})
    if name is None:
        raise Malformed("MISSING_FIELD", "it names no command", field="command")
    if isinstance(name, str) and name in PROPOSABLE:
        sentence = f"{name} takes two people: send it inside `propose`, and have somebody else approve it"
        raise Malformed("TAKES_TWO_PEOPLE", sentence, field="command")
    if not isinstance(name, str) or name not in menu:
        raise Malformed("UNKNOWN_COMMAND", f"there is no command called {str(name)[:80]!r}", field="command")
    if not isinstance(data, dict):
        raise Malformed("INVALID_FIELD", "it should be an object", field="data")
    for field in envelope.keys() - _KNOWN:
        raise Malformed("UNKNOWN_FIELD", "there is no such field", field=field)
    for field in data.keys() & set(_ENVELOPE):
        raise Malformed("UNKNOWN_FIELD", "it belongs beside data, not into it", field=f"data.{field}")
    given = data | {field: envelope[field] for field in _ENVELOPE if field in envelope}
    try:
        return menu[name].command.model_validate(given)
    except ValidationError as error:
        raise _explained(error, menu[name].command, given) from None


def _check_exactness(text: bytes, command: Command) -> None:
    """Refuses values that the types accept and the log cannot store: unknown currencies, odd texts and numbers."""
    for currency in _CURRENCY.findall(text):
        try:
            exponent_of(currency.decode())
        except ValueError as error:
            raise Malformed("INVALID_FIELD", str(error), field="currency") from None
    if _DOUBTFUL.search(text):
        if _holds_odd_text(json.loads(text)):
            raise Malformed("INVALID_FIELD", "a text holds a NUL character or half of a surrogate pair")
        try:
            command.fingerprint()
        except (NotCanonical, ValueError) as error:
            raise Malformed("INVALID_FIELD", str(error)) from None
    for field, value in command.__dict__.items():
        if isinstance(value, Sealed) and value.is_closed:
            raise Malformed("INVALID_FIELD", "personal values are sent in clear and sealed here", field=f"data.{field}")


def _is_currency(name: bytes) -> bool:
    try:
        exponent_of(name.decode())
    except ValueError:
        return False
    return True


def _holds_odd_text(value: Any) -> bool:
    match value:
        case str():
            return ODD_TEXT.search(value) is not None
        case dict():
            return any(_holds_odd_text(item) for pair in value.items() for item in pair)
        case list():
            return any(map(_holds_odd_text, value))
    return False


def _explained(error: ValidationError, kind: type[Command], given: dict[str, Any]) -> Malformed:
    """Returns the first error. For a value with several accepted forms, returns the plainest complaint."""
    errors = error.errors(include_url=False)
    chosen, (root, is_choice) = errors[0], _root(errors[0], given)
    if is_choice:
        about_it = [detail for detail in errors if _root(detail, given) == (root, True)]
        chosen = next((detail for detail in about_it if detail["type"] == "int_from_float"), about_it[-1])
    code = _CODES.get(chosen["type"], "INVALID_FIELD")
    sentence = words_of(chosen, shows_value=not _is_sealed(kind, chosen))
    return Malformed(code, sentence, field=_path(root if is_choice else list(chosen["loc"])))


def _is_sealed(kind: type[Command], detail: ErrorDetails) -> bool:
    """True if the value may be personal."""
    field = kind.model_fields.get(str(detail["loc"][0])) if detail["loc"] else None
    return field is None or "Sealed" in str(field.annotation)


def _root(detail: ErrorDetails, given: Any) -> tuple[list[int | str], bool]:
    """Returns the path of the error in the input, and true if the rest of its location names alternatives of a type."""
    place: list[int | str] = []
    for part in detail["loc"]:
        if not _leads_on(part, given):
            named = detail["type"] == "missing" and len(place) == len(detail["loc"]) - 1
            return place, not named
        given = given[part]
        place.append(part)
    return place, False


def _leads_on(part: int | str, given: Any) -> bool:
    if isinstance(given, list):
        return isinstance(part, int) and part < len(given)
    return isinstance(given, dict) and part in given


def _path(place: list[int | str]) -> str:
    if not place or place[0] not in _ENVELOPE:
        place = ["data", *place]
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("MALFORMED_JSON", "one of its objects names a field twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise Malformed("MALFORMED_JSON", f"{name} is not JSON")
