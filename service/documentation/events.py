"""The document of events: the published language, by stored name and version."""

from __future__ import annotations

from ledger.events import published
from ledger.events.event import EVENTS, UPCASTS
from service.documentation.markdown import fields_of, sentences, table


def events() -> str:
    """`docs/events.md`."""
    assert published.PUBLISHED, "every module of events is imported"
    head = "# Events\n\nMade from the code by `python -m service.documentation`.\n"
    parts = [head]
    for (name, version), kind in sorted(EVENTS.items()):
        if kind.__module__.startswith("ledger.") and (name, version) not in UPCASTS:
            parts += [f"\n## {name} v{version}\n\n{sentences(kind.__doc__)}\n"]
            parts += [f"\n{table(('Field', 'Type', 'Needed'), fields_of(kind))}\n"]
    return "".join(parts)
