"""Generates the document of events by stored name and version."""

from __future__ import annotations

from ledger.events import published
from ledger.events.event import EVENTS, UPCASTS, Event
from service.docs_from_code.markdown import fields_of, sentences, table
from service.docs_from_code.posting_rules import POSTING_RULES
from service.docs_from_code.shapes import shapes

_EVERYWHERE = frozenset({"timing"})
_HEAD = (
    "# Events\n\nMade from the code by `python -m service.docs_from_code`.\n\n"
    "Each event is stored under its name and version, which outlive the class. A published event is never edited: a new"
    " shape is a new version, and older versions are lifted to it when they are read. Where an event moves money, the"
    " posting rule is named; its entry is stored in the same row. A *sealed* field holds a personal value"
    " ([privacy.md](privacy.md)). An event that was recorded before the instant it reports had come has a field"
    " `timing` besides: `ahead`, or `far` where that instant is more than two years ahead and no deadline follows from"
    " it. The [shapes](#shapes) inside the fields are at the end.\n"
)


def events() -> str:
    """Returns the text of `docs/events.md`."""
    assert published.PUBLISHED, "every module of events is imported"
    newest = {
        key: kind
        for key, kind in sorted(EVENTS.items())
        if kind.__module__.startswith("ledger.") and key not in UPCASTS
    }
    parts = [_HEAD, *(_section(name, kind) for (name, _), kind in newest.items())]
    return "".join(parts) + f"\n## Shapes\n{shapes(newest.values())}"


def _section(name: str, kind: type[Event]) -> str:
    posts = f"\nPosts {POSTING_RULES[name]} of [money.md](money.md).\n" if name in POSTING_RULES else ""
    fields = table(("Field", "Type", "Needed"), fields_of(kind, besides=_EVERYWHERE))
    return f"\n## {name} v{kind.schema_version}\n\n{sentences(kind.__doc__)}\n{posts}\n{fields}\n"
