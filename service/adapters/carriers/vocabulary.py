"""A provider's words, status and detail together: one table each, over all that the provider publishes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ledger.events.parcels import EvidenceKind
from service.adapters.carriers.scan import Reached

ANY = "*"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a status with one of these details says. `details` with `""` is the status alone."""

    status: str
    details: tuple[str, ...]
    reached: Reached
    evidence_kind: EvidenceKind = "unspecified"


_NOTED = Meaning("", (), "noted")


@dataclass(frozen=True)
class Vocabulary:
    """`statuses` and `details` are all that the provider publishes (`source`); `meanings` says what they come to."""

    title: str
    source: str
    statuses: Mapping[str, Sequence[str]]  # the published details of each; those of `ANY` go with every status
    meanings: Sequence[Meaning]

    def read(self, status: str, detail: str) -> Meaning:
        """Returns what the two say together.

        A detail without a meaning of its own leaves the status, unless that is a delivery: what we do not understand
        is no signature. An unknown status is noted.
        """
        own = self._by_words.get((status, detail)) or self._by_words.get((ANY, detail))
        if own and status in self.statuses:
            return own
        alone = self._by_words.get((status, ""), _NOTED)
        return alone if not detail or alone.reached != "signed_for" else _NOTED

    def published(self) -> Iterator[tuple[str, str]]:
        """Yields every published status with every detail it may have, and alone."""
        for status, details in self.statuses.items():
            if status != ANY:
                for detail in dict.fromkeys(("", *details, *self.statuses.get(ANY, ()))):
                    yield status, detail

    @cached_property
    def _by_words(self) -> Mapping[tuple[str, str], Meaning]:
        return {(meaning.status, detail): meaning for meaning in self.meanings for detail in meaning.details}
