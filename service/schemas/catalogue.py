"""The catalogue of schemas: the committed files, by kind and name. What is served is what is committed."""

from __future__ import annotations

import json
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ADDRESS = "/v1/schemas"
FOLDER = Path(__file__).parent / "documents"
Schema = dict[str, Any]


class Kind(StrEnum):
    """The kinds of schemas. Each is a part of their addresses."""

    EVENTS = "events"
    VIEWS = "views"
    COMMANDS = "commands"
    ANSWERS = "answers"
    TYPES = "types"


class SchemaId(NamedTuple):
    """The kind and the name of a schema. The name of an event or a view ends with its version: `order.placed.v1`."""

    kind: Kind
    name: str

    @property
    def address(self) -> str:
        """The `$id`: an address relative to the service, which never changes."""
        return f"{ADDRESS}/{self.kind}/{self.name}"

    @property
    def file(self) -> Path:
        return FOLDER / self.kind / f"{self.name}.json"


@cache
def catalogue() -> dict[SchemaId, bytes]:
    """Returns the text of every schema by its id."""
    return {
        SchemaId(kind, file.stem): file.read_bytes() for kind in Kind for file in sorted((FOLDER / kind).glob("*.json"))
    }


@cache
def sentence_of(id: SchemaId) -> str:
    """Returns the first sentence of the schema's description."""
    description: str = json.loads(catalogue()[id]).get("description", "")
    return description.partition(". ")[0].rstrip(".") + "."
