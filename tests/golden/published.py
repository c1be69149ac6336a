"""The snapshot of published names and event schemas: its file, its comparison with the code, and how it grows.

`python -m tests.golden.published` adds new names to the snapshot. It never changes or removes an old one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from commands.menu import MENU
from commands.proposable import PROPOSABLE
from ledger.events.event import UPCASTS
from ledger.journal.accounts import CHART
from ledger.policies.kinds import KINDS
from ledger.refusals.catalogue import REFUSALS
from service.questions.registry import QUESTIONS
from tests.golden.samples import all_events

FILE = Path(__file__).with_suffix(".json")
ADVICE = (
    "Names and event schemas are published: other programs rely on them, so they never change. Give an event a new"
    " version and an upcast; give a command, question or refusal a new name beside the old one. New names are written"
    " into the snapshot with: python -m tests.golden.published"
)
_FOR_PEOPLE = ("title", "description", "examples")

Snapshot = Mapping[str, Mapping[str, Any]]


def published() -> Snapshot:
    """Returns the names of today's code by kind; events by name and version with their schema."""
    return {
        "events": {f"{name}/{version}": schema_of(kind) for (name, version), kind in all_events().items()},
        "commands": dict.fromkeys((*MENU, *PROPOSABLE), ""),
        "questions": {name: question.path for name, question in QUESTIONS.items()},
        "refusals": dict.fromkeys(REFUSALS, ""),
        "policies": dict.fromkeys(KINDS, ""),
        "accounts": {code: account.title for code, account in CHART.items()},
    }


def schema_of(kind: Any) -> Any:
    """Returns the JSON schema of a model without texts for people and with its definitions in place."""
    schema = kind.model_json_schema(mode="serialization")
    return _plain(schema, schema.get("$defs", {}))


def _plain(schema: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_plain(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _plain(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if schema.get("properties", {}).keys() == {"minor", "currency"}:
        return {"format": "money"}  # its list of currencies follows ISO 4217
    named = {name: _plain(each, definitions) for name, each in schema.get("properties", {}).items()}
    rest = {key: _plain(each, definitions) for key, each in schema.items() if key not in ("$defs", "properties")}
    plain = {key: each for key, each in rest.items() if key not in _FOR_PEOPLE}
    if "required" in plain:
        plain["required"] = sorted(plain["required"])
    return plain | ({"properties": named} if "properties" in schema else {})


def changes(old: Snapshot, new: Snapshot, upcasts: Collection[tuple[str, int]]) -> Iterator[str]:
    """Yields each published name that is gone or changed. An event's version may go if it has an upcast."""
    for kind, names in old.items():
        for name, published in names.items():
            found = new.get(kind, {}).get(name)
            if found is None:
                event, _, version = name.partition("/")
                if kind != "events" or (event, int(version)) not in upcasts:
                    yield f"{kind}: {name} is gone"
            elif not _allows(published, found):
                yield f"{kind}: {name} has changed"


def additions(old: Snapshot, new: Snapshot) -> list[str]:
    """Returns the names that the snapshot does not have yet."""
    return [f"{kind}: {name}" for kind, names in new.items() for name in names if name not in old.get(kind, {})]


def _allows(old: Any, new: Any) -> bool:
    """Returns True if the schemas are equal, except that the new one may list more values of an `enum`."""
    if isinstance(old, dict) and isinstance(new, dict):
        if {"enum", "const"} & old.keys() and {"enum", "const"} & new.keys():
            return set(_values(old)) <= set(_values(new)) and _allows(_without_values(old), _without_values(new))
        return old.keys() == new.keys() and all(_allows(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_allows, old, new))
    return bool(old == new)


def _values(schema: Mapping[str, Any]) -> list[Any]:
    """Returns the allowed values. A single one is written as `const`."""
    return schema["enum"] if "enum" in schema else [schema["const"]]


def _without_values(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {key: each for key, each in schema.items() if key not in ("enum", "const")}


def read() -> Snapshot:
    found: Snapshot = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def written(snapshot: Snapshot) -> str:
    """Returns the text of the file: one name a line, so that a difference is readable."""
    kinds = [
        f"{json.dumps(kind)}: {{\n"
        + ",\n".join(f"{json.dumps(name)}: {json.dumps(names[name], ensure_ascii=False)}" for name in sorted(names))
        + "\n}"
        for kind, names in snapshot.items()
    ]
    return "{\n" + ",\n".join(kinds) + "\n}\n"


def main() -> int:
    """Writes today's names beside the old ones. Returns 1 and writes nothing if a published name is gone or changed."""
    old: Snapshot = read() if FILE.exists() else {}
    new = published()
    if found := list(changes(old, new, UPCASTS)):
        print("\n".join((*found, ADVICE)), file=sys.stderr)
        return 1
    FILE.write_text(written({kind: {**old.get(kind, {}), **names} for kind, names in new.items()}), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
