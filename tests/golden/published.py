"""The snapshots of published names and of schemas: their files, their comparison with the code, and how they grow.

`python -m tests.golden.published` adds new names and writes the schemas. It never removes an old name, and it writes no
schema that breaks those who rely on the old one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from commands.menu import MENU
from commands.proposable import PROPOSABLE
from ledger.events.event import UPCASTS
from ledger.journal.accounts import CHART
from ledger.policies.kinds import KINDS
from ledger.refusals.catalogue import REFUSALS
from service.questions.registry import QUESTIONS
from service.schemas.catalogue import Kind, Schema, SchemaId, catalogue
from service.schemas.made import made
from tests.golden.compatibility import Relied, breaks
from tests.golden.samples import all_events

FILE = Path(__file__).with_suffix(".json")
ADVICE = (
    "Names and schemas are published: other programs rely on them. Give an event or the rows of a view a new version;"
    " give a command, question or refusal a new name beside the old one. New names and additions are written with:"
    " python -m tests.golden.published"
)
_RELIED = {
    Kind.EVENTS: Relied.BOTH,  # today's code reads what was stored, and readers read what it stores
    Kind.TYPES: Relied.BOTH,
    Kind.COMMANDS: Relied.INPUT,
    Kind.ANSWERS: Relied.OUTPUT,
    Kind.VIEWS: Relied.OUTPUT,
}

Snapshot = Mapping[str, Mapping[str, str]]
Schemas = Mapping[SchemaId, Schema]


def published() -> Snapshot:
    """Returns the names of today's code by kind; events by name and version."""
    return {
        "events": dict.fromkeys((f"{name}/{version}" for name, version in all_events()), ""),
        "commands": dict.fromkeys((*MENU, *PROPOSABLE), ""),
        "questions": {name: question.path for name, question in QUESTIONS.items()},
        "refusals": dict.fromkeys(REFUSALS, ""),
        "policies": dict.fromkeys(KINDS, ""),
        "accounts": {code: account.title for code, account in CHART.items()},
    }


def changes(old: Snapshot, new: Snapshot, upcasts: Collection[tuple[str, int]]) -> Iterator[str]:
    """Yields each published name that is gone or changed. An event's version may go if it has an upcast."""
    for kind, names in old.items():
        for name, published in names.items():
            found = new.get(kind, {}).get(name)
            if found is None:
                event, _, version = name.partition("/")
                if kind != "events" or (event, int(version)) not in upcasts:
                    yield f"{kind}: {name} is gone"
            elif found != published:
                yield f"{kind}: {name} has changed"


def additions(old: Snapshot, new: Snapshot) -> list[str]:
    """Returns the names that the snapshot does not have yet."""
    return [f"{kind}: {name}" for kind, names in new.items() for name in names if name not in old.get(kind, {})]


def broken(old: Schemas, new: Schemas) -> Iterator[str]:
    """Yields each change that breaks those who rely on a schema.

    The schema of an event or a view may go: its version is a published name, or another version follows it.
    """
    for id, schema in old.items():
        if id in new:
            yield from (f"{id.address}{found}" for found in breaks(schema, new[id], _RELIED[id.kind]))
        elif id.kind not in (Kind.EVENTS, Kind.VIEWS):
            yield f"{id.address} is gone"


def committed() -> dict[SchemaId, Schema]:
    return {id: json.loads(text) for id, text in catalogue().items()}


def text_of(schema: Schema) -> str:
    """Returns the text of a schema's file."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


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
    """Writes today's names and schemas. Returns 1 and writes nothing if one of them breaks what is published."""
    old: Snapshot = read() if FILE.exists() else {}
    new, schemas = published(), made()
    if found := [*changes(old, new, UPCASTS), *broken(committed(), schemas)]:
        print("\n".join((*found, ADVICE)), file=sys.stderr)
        return 1
    FILE.write_text(written({kind: {**old.get(kind, {}), **names} for kind, names in new.items()}), encoding="utf-8")
    for id in catalogue().keys() - schemas.keys():
        if id.kind is Kind.VIEWS:  # the rows of an older version are nowhere any more; stored events are
            id.file.unlink()
    for id, schema in schemas.items():
        id.file.parent.mkdir(parents=True, exist_ok=True)
        id.file.write_text(text_of(schema), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
