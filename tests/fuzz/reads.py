"""Every address that can be read, asked for what a history knows: whatever is asked, the service does not fail."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from fastapi import FastAPI

from tests.fuzz.facts import Facts
from tests.support.access import client_of

_ID_OF = {
    "order": "order_id",
    "merchant": "merchant_id",
    "stream": "in_stream",
    "account": "account",
    "number": "round",
}
_ODD = {"string": ("", "nobody", "茶"), "integer": (0, 1), "boolean": (True, False)}
_INSTANTS = ("2025-04-01T08:00:00Z", "2025-06-30T23:59:59+08:00", "2001-01-01T00:00:00Z")
_DAYS = ("2025-04-30", "2001-01-01")
_TIMES = 2  # each address is read


def failed_reads(application: FastAPI, facts: Facts, random: Random) -> Iterator[str]:
    """The reads that were answered by a status of 500 or more, with the status."""
    with client_of(application) as client:
        for path, described in application.openapi()["paths"].items():
            for _ in range(_TIMES if "get" in described else 0):
                parameters = described["get"].get("parameters", [])
                drawn = {each["name"]: _drawn(each, facts, random) for each in parameters}
                placed = {each["name"] for each in parameters if each["in"] == "path"}
                needed = {each["name"] for each in parameters if each["required"]} - placed
                asked = {name: value for name, value in drawn.items() if name in needed or random.random() < 0.25}
                address = path.format(**{name: drawn[name] for name in placed})
                said = client.get(address, params={name: asked[name] for name in asked.keys() - placed})
                if said.status_code >= 500 and not said.headers.get("Retry-After"):
                    yield f"{said.status_code} {said.url}"


def _drawn(parameter: dict[str, Any], facts: Facts, random: Random) -> Any:
    """A value that the history knows by this name, else one of the parameter's type."""
    schema = parameter["schema"]
    schema = next((each for each in schema.get("anyOf", ()) if each.get("type") != "null"), schema)
    if schema.get("format") == "date-time":
        return random.choice(_INSTANTS)
    if schema.get("format") == "date":
        return random.choice(_DAYS)
    name = parameter["name"]
    known = facts.value(random, _ID_OF.get(name, name))
    if isinstance(known, str | int) and random.random() < 0.9:
        return known
    return random.choice(schema.get("enum") or _ODD.get(schema.get("type", ""), ("x",)))
