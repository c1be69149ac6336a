"""Lists what is parked: effects of events on views, and items of loops. It is read from the log, because a stopped view
could hide it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from commands.bus.outcome import Outcome
from commands.proposable import PROPOSABLE
from ledger.actors import Actor
from ledger.ids import parking_stream
from ledger.ledger import Ledger
from ledger.streams.loader import StreamReader, load_each
from ledger.streams.parking import Parking
from ledger.streams.proposals import ProposalState
from projections.registry import PROJECTIONS
from service.app import App
from service.failures import ServiceFailure
from service.finance.proposals import propose

Kind = Literal["effect", "item"]


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """Something parked, or proposed for parking. `of` is the view or the loop, `what` the position or the item."""

    book: int
    kind: Kind
    of: str
    what: str
    state: str  # "parked", or the name of the proposed command
    reason: str
    proposer: str
    approver: str
    since: datetime
    proposal_id: str  # set for a proposal only


def parked(ledger: Ledger, streams: StreamReader | None = None) -> list[ParkedRow]:
    """Returns everything that is parked, and every open proposal about it, book by book. `streams` is the log at the
    time in question, None for now."""
    return [
        row
        for book, parking in sorted(_parkings(ledger, streams or ledger.reader).items())
        for row in (*_stands(book, parking), *_waits(book, parking))
    ]


def propose_effect(app: App, command: str, view: str, *, book: int, position: int, reason: str, by: Actor) -> Outcome:
    """Proposes to park or unpark an event's effect on a view. Raises `ServiceFailure` if view, book or position do not
    exist.
    """
    if view not in PROJECTIONS:
        raise ServiceFailure(f"There is no view {view!r}. There are: {', '.join(PROJECTIONS)}.")
    head = app.ledger.reader.heads().get(book)
    if head is None:
        raise ServiceFailure(f"There is no book {book}.")
    if not 1 <= position <= head:
        raise ServiceFailure(f"Book {book} holds positions 1 to {head}, and no position {position}.")
    return _propose(app, command, {"view": view, "book": book, "position": position}, reason, by)


def propose_item(app: App, command: str, loop: str, *, book: int, item: str, reason: str, by: Actor) -> Outcome:
    """Proposes to park or unpark an item of a loop."""
    return _propose(app, command, {"loop": loop, "book": book, "item": item}, reason, by)


def _propose(app: App, command: str, data: dict[str, object], reason: str, by: Actor) -> Outcome:
    return propose(app.bus, command, data, reason=reason, by=by)


def _parkings(ledger: Ledger, streams: StreamReader) -> dict[int, Parking]:
    books = {parking_stream(book): book for book in ledger.reader.heads()}
    found = load_each(streams, books, Parking)
    return {books[name]: parking for name, parking in found.items()}


def _stands(book: int, parking: Parking) -> Iterable[ParkedRow]:
    for (view, position), event in parking.effects.items():
        said = (event.reason, event.proposer, event.approver, event.parked_at, "")
        yield ParkedRow(book, "effect", view, str(position), "parked", *said)
    for (loop, item), parked_item in parking.items.items():
        reported = (parked_item.reason, parked_item.proposer, parked_item.approver, parked_item.parked_at, "")
        yield ParkedRow(book, "item", loop, item, "parked", *reported)


def _waits(book: int, parking: Parking) -> Iterable[ParkedRow]:
    waiting: ProposalState = "proposed"
    for proposal in parking.proposals.values():
        made = proposal.event
        if proposal.state == waiting and made.command in PROPOSABLE:
            kind: Kind = "effect" if made.command.endswith("_effect") else "item"
            of, what = ("view", "position") if kind == "effect" else ("loop", "item")
            said = (made.reason, made.proposer.id, "", made.proposed_at, made.proposal_id)
            yield ParkedRow(book, kind, str(made.data.get(of)), str(made.data.get(what)), made.command, *said)
