"""Generates the document of read models: their purpose, tables, keys and events."""

from __future__ import annotations

import sys

from projections.engine.projection import Projection
from projections.registry import PROJECTIONS
from service.docs_from_code.markdown import sentences, table


def views() -> str:
    """Returns the text of `docs/views.md`."""
    head = (
        "# Read models\n\nMade from the code by `python -m service.docs_from_code`.\n\n"
        "A read model is folded from the log and can be rebuilt from its first event at any time. Every row's key"
        " begins with the book. Columns that depend on the clock do not exist: deadlines are stored, lateness is"
        " computed when it is asked for.\n"
    )
    return head + "".join(_section(projection) for projection in PROJECTIONS.values())


def _section(projection: Projection) -> str:
    kind = type(projection)
    rows = [
        (f"`{view.name}`", ", ".join(f"`{name}`" for name in view.key), _columns(view.columns, view.key))
        for view in projection.tables
    ]
    return (
        f"\n## {kind.name} v{kind.version}\n\n{sentences(sys.modules[kind.__module__].__doc__)}\n\n"
        f"{table(('Table', 'Key, after the book', 'Further columns'), rows)}\n\n{_uses(kind)}\n"
    )


def _columns(columns: tuple[str, ...], key: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in columns if name not in ("book", *key))


def _uses(kind: type[Projection]) -> str:
    if kind.entries_only:
        return "Uses the journal entries of all events."
    names = kind.event_names()
    if names is None:
        return "Uses every event."
    return "Uses " + ", ".join(f"`{name}`" for name in sorted(names)) + "."
