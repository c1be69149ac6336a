"""The facts of a history: every field that a command or an event has named, for later commands to name too."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from random import Random
from typing import Any

from ledger.ids import merchant_of, order_of

Fact = dict[str, Any]
_KEPT = 400  # facts a history draws from: the older ones are in their streams' own
_ALSO = {  # a field's other names
    "parcel_id": ("to_parcel",),
    "capture_ref": ("reference",),
    "attempt_id": ("reference",),
    "psp": ("system",),
    "amount": ("cash", "gross", "expected", "at_most", "list_total", "closing"),
}


class Facts:
    """Facts in the order they were learned, by stream, and each value by the name of its field."""

    def __init__(self) -> None:
        self.recent: deque[Fact] = deque(maxlen=_KEPT)
        self._streams: defaultdict[str, deque[Fact]] = defaultdict(lambda: deque(maxlen=60))
        self._values: defaultdict[str, deque[Any]] = defaultdict(lambda: deque(maxlen=60))

    def learn(self, stream: str, data: Fact) -> None:
        """Remember the fields of a command or event, and those of the stream's own name."""
        fact = data | {"in_stream": stream, "stream": stream}
        if merchant := merchant_of(stream):
            fact["merchant_id"] = merchant
        if order := order_of(stream):
            fact["order_id"] = order
        self.recent.append(fact)
        self._streams[stream].append(fact)
        for name, value in _fields(fact):
            for called in (name, *_ALSO.get(name, ())):
                if not self._values[called] or self._values[called][-1] != value:
                    self._values[called].append(value)

    def about(self, random: Random, fields: set[str]) -> Fact:
        """A fact that has many of these fields, with what its stream knows of the others; empty in a new history."""
        if not self.recent:
            return {}
        some = [self._late(random, self.recent) for _ in range(5)]
        best = max(some, key=lambda fact: len(fields & fact.keys()))
        siblings = self._streams[best["stream"]]
        beside: Fact = {}
        for _ in range(3):
            beside |= self._late(random, siblings)
        return {**beside, **best}

    def value(self, random: Random, name: str) -> Any:
        """A value that a field of this name had; None where none had."""
        known = self._values.get(name)
        return self._late(random, known) if known else None

    @staticmethod
    def _late(random: Random, known: deque[Any]) -> Any:
        """One of them, of the last ones more often than of the first."""
        return known[int(len(known) * random.random() ** 0.6)]


def _fields(fact: Fact) -> Iterator[tuple[str, Any]]:
    """Every field with its name, those of nested values too."""
    for name, value in fact.items():
        if value is None or value == "":
            continue
        yield name, value
        for inner in value if isinstance(value, list) else (value,):
            if isinstance(inner, dict) and "currency" not in inner:
                yield from _fields(inner)
