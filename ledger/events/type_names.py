"""Types of events as people choose them: a name, or a beginning such as `payment.*`."""

from __future__ import annotations

from collections.abc import Iterable

_ANY = ".*"


def types_named(text: str, known: Iterable[str]) -> frozenset[str]:
    """Returns the known types that the text names; none if it names none."""
    if not text.endswith(_ANY):
        return frozenset((text,)) & frozenset(known)
    beginning = text.removesuffix(_ANY) + "."
    return frozenset(name for name in known if name.startswith(beginning))
