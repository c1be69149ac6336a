"""A ledger with personal values that are known, and all that its service says."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from fastapi.testclient import TestClient
from pydantic_core import to_jsonable_python

from commands.menu import MENU
from ledger.events.event import seal_place
from ledger.log.rows import Recorded
from ledger.sealed import Sealed
from service.access.gate import Bearer
from service.app import App
from service.http.application import make_application
from service.http.document.command_schemas import OVER_HTTP
from service.questions.question import Role
from tests.fuzz.facts import Facts
from tests.fuzz.values import ENVELOPE, Values
from tests.simulation.models.recorded_facts import events_of
from tests.support.access import HeldTokens, bearing, client_of

PLANTED = "Xaver Zwölfaxing, Quittenweg 77"  # in every personal field of the commands that are sent
SHAPED = {"secret": "whsec_UXVpdHRlbndlZyBRdWl0dGVud2VnIFF1aXR0ZW53ZWc="}  # fields that take no other text
WITH_PERSONAL_FIELDS = {
    name: fields
    for name in OVER_HTTP
    if (
        fields := {
            each: "Sealed[dict[" in str(info.annotation)
            for each, info in MENU[name].command.model_fields.items()
            if "Sealed[" in str(info.annotation)
        }
    )
}


class Said(logging.Handler):
    """Every line that was logged."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith("httpx"):  # the test's own client
            self.lines.append(self.format(record))


@contextmanager
def listening() -> Iterator[Said]:
    """Keeps what all parts of the program log."""
    said, root = Said(), logging.getLogger()
    level = root.level
    root.addHandler(said)
    root.setLevel(logging.DEBUG)
    try:
        yield said
    finally:
        root.removeHandler(said)
        root.setLevel(level)


def personal_texts(app: App) -> set[str]:
    """Returns every text that stands sealed in the ledger."""
    return {text for row in events_of(app) for text in _opened(app, row)}


def _opened(app: App, row: Recorded) -> Iterator[str]:
    event = row.event
    for name in event.sealed_fields:
        if isinstance(sealed := getattr(event, name), Sealed):
            place = seal_place(row.stream, event.name, name)
            yield from _texts(sealed.open(place=place, keys=app.ledger.keys))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value


@dataclass
class Desk:
    """The service over a ledger, and clients of every role with a scope in it."""

    app: App
    scopes: dict[Role, str]
    roles: tuple[Role, ...]
    said: list[tuple[str, int, str]] = field(default_factory=list)  # the request, and the status and text of the answer

    def __post_init__(self) -> None:
        bearers: dict[str, Bearer] = {
            role: Bearer(f"{role}-account", f"T-{role}", role, self.scopes.get(role)) for role in self.roles
        }
        self.client: TestClient = client_of(make_application(self.app, gate=HeldTokens(bearers)))

    def get(self, role: Role, path: str, *, accept: str = "*/*", **parameters: Any) -> dict[str, Any]:
        answer = self.client.get(path, params=parameters, headers=bearing(role) | {"Accept": accept})
        self.said.append((f"{role} GET {path} {parameters}", answer.status_code, answer.text + str(answer.headers)))
        return answer.json() if answer.headers["content-type"] == "application/json" else {}

    def post(self, role: Role, name: str, key: str, body: Any, **parameters: Any) -> int:
        headers = bearing(role) | {"Idempotency-Key": key}
        how: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
        answer = self.client.post(f"/v1/commands/{name}", params=parameters, headers=headers, **how)
        self.said.append((f"{role} POST {name} {parameters}", answer.status_code, answer.text + str(answer.headers)))
        return answer.status_code


def facts_of(app: App) -> Facts:
    """Returns what the ledger knows, without personal values."""
    facts = Facts()
    for row in events_of(app):
        facts.learn(row.stream, row.event.model_dump(mode="json", exclude=set(row.event.sealed_fields)))
    return facts


def bodies(name: str, facts: Facts, clock: Callable[[], datetime], count: int) -> list[dict[str, Any]]:
    """Returns the data of commands about known things, with planted texts in the personal fields."""
    values, kind = Values(Random(name), facts, clock, odd=0.02), MENU[name].command
    personal = WITH_PERSONAL_FIELDS[name]
    planted = {
        each: {"name": PLANTED} if is_mapping else SHAPED.get(each, PLANTED) for each, is_mapping in personal.items()
    }
    found: list[dict[str, Any]] = []
    for _ in range(100 * count):
        about = facts.about(values.random, set(kind.model_fields) - ENVELOPE)
        drawn = to_jsonable_python(values.model(kind, about, leave=ENVELOPE)) | planted
        with suppress(ValueError):
            kind.model_validate({"id": "c", "actor": {"kind": "system", "id": "x"}} | drawn)
            found.append(drawn)
        if len(found) == count:
            break
    return found
