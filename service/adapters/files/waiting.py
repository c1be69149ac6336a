"""What of a file waits in the inbox since it came first: it stays there until somebody asks for it to be routed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from commands.unmatched.mark_fact_matched import MarkFactRouted
from ledger.ids import derived_id, inbox_stream
from ledger.log.directory import PLATFORM_BOOK
from ledger.streams.loader import load_each
from ledger.streams.reference_data import InboxItem
from service.adapters.files.importer import IMPORTER, FileName, RawFile, accepted
from service.app import App


@dataclass(frozen=True, slots=True)
class Waiting:
    """References that went to the inbox when the file came first; `routed` are those that have left it since."""

    noted: frozenset[str] = field(default_factory=frozenset)
    routed: frozenset[str] = field(default_factory=frozenset)

    def keeps(self, reference: str, *, route: bool) -> bool:
        """Whether the row is to be recorded as it was, although its order may be known by now."""
        return reference in self.noted and (not route or reference in self.routed)

    def leaves(self, reference: str, *, route: bool) -> bool:
        """Whether the row is to be taken to its order now, and out of the inbox."""
        return reference in self.noted and not self.keeps(reference, route=route)


def waiting(app: App, file: RawFile, kind: str, system: str, references: Iterable[str]) -> Waiting:
    """Nothing for a file that is new; else what of it stands in the inbox."""
    if not accepted(app, file, kind).accepted:
        return Waiting()
    names = {inbox_stream(system, reference): reference for reference in references}
    noted, routed = set(), set()
    for name, item in load_each(app.ledger.reader, dict.fromkeys(names, PLATFORM_BOOK), InboxItem).items():
        if item.noted:
            noted.add(names[name])
        if item.is_routed:
            routed.add(names[name])
    return Waiting(frozenset(noted), frozenset(routed))


def out_of_the_inbox(file: FileName, system: str, reference: str, streams: Iterable[str]) -> MarkFactRouted:
    """To be recorded behind what the fact was told to its orders as."""
    return MarkFactRouted(
        id=derived_id("routed", file.digest[:24], reference),
        actor=IMPORTER,
        system=system,
        reference=reference,
        streams=tuple(streams),
    )
