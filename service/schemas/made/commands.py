"""Schemas of commands: the fields of `data`, as requests over HTTP, batches, files and proposals have them."""

from __future__ import annotations

from commands.command import Command
from commands.menu import MENU
from commands.proposable import PROPOSABLE
from commands.proposals.propose import Propose
from service.schemas.catalogue import ADDRESS, Kind, Schema
from service.schemas.made.shared_types import REQUESTED, plain


def commands() -> dict[str, Schema]:
    """Returns the schema of each command by its name."""
    return {name: _command(handler.command) for name, handler in (MENU | PROPOSABLE).items()}


def _command(kind: type[Command]) -> Schema:
    found = kind.model_json_schema()
    own = {name: field for name, field in found["properties"].items() if name not in Command.model_fields}
    needed = [name for name in found.get("required", ()) if name in own]
    return plain(found | {"properties": own, "required": needed}, REQUESTED) | (_proposed() if kind is Propose else {})


def _proposed() -> Schema:
    """Returns the rule that `data` is that of the proposed command."""
    return {
        "oneOf": [
            {"properties": {"command": {"const": name}, "data": {"$ref": f"{ADDRESS}/{Kind.COMMANDS}/{name}"}}}
            for name in PROPOSABLE
        ]
    }
