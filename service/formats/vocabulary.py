"""Maps each provider's published statuses and details to milestones, with one table for each provider."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ledger.events.parcels import EvidenceKind
from service.partner_facts.parcels import Reached

ANY = "*"


@dataclass(frozen=True, slots=True)
class Meaning:
    """The milestone of a status with one of these details. `""` in `details` stands for no detail."""

    status: str
    details: tuple[str, ...]
    reached: Reached
    evidence_kind: EvidenceKind = "unspecified"


_NOTED = Meaning("", (), "noted")


@dataclass(frozen=True)
class Vocabulary:
    """A provider's vocabulary. `statuses` and `details` are everything it publishes (`source`), `meanings` their
    milestones.
    """

    title: str
    source: str
    statuses: Mapping[str, Sequence[str]]  # the published details of each status; those of `ANY` go with every status
    meanings: Sequence[Meaning]

    def read(self, status: str, detail: str) -> Meaning:
        """Returns the meaning of a status with a detail.

        A detail without a meaning of its own keeps the status's meaning, unless that is a delivery: then the scan is
        `noted`. An unknown status is `noted`.
        """
        own = self._by_words.get((status, detail)) or self._by_words.get((ANY, detail))
        if own and status in self.statuses:
            return own
        alone = self._by_words.get((status, ""), _NOTED)
        return alone if not detail or alone.reached != "signed_for" else _NOTED

    def published(self) -> Iterator[tuple[str, str]]:
        """Yields every published status alone and with each of its details."""
        for status, details in self.statuses.items():
            if status != ANY:
                for detail in dict.fromkeys(("", *details, *self.statuses.get(ANY, ()))):
                    yield status, detail

    @cached_property
    def _by_words(self) -> Mapping[tuple[str, str], Meaning]:
        return {(meaning.status, detail): meaning for meaning in self.meanings for detail in meaning.details}
