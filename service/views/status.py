"""Status of the ledger: its books, their last positions, and how many events each view is behind."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.log.set_aside import SetAside
from projections.engine.generations import ViewOutdated, current
from projections.engine.progress import GenerationProgress
from projections.engine.views import Incomplete
from projections.registry import PROJECTIONS
from service.app import App


@dataclass(frozen=True, slots=True)
class ViewStatus:
    """The state of one view in one book. `lag` is a number of events, `reason` says why it does not follow, and
    `parked` are the positions it leaves out."""

    projection: str
    version: int
    book: int
    head: int
    position: int
    lag: int
    status: str  # current, behind, stopped, outdated
    reason: str
    parked: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerStatus:
    """The state of the ledger: its identity, books with their last positions, views, and the number of set-aside
    items by loop."""

    ledger_id: str
    epoch: int
    zone: str
    books: dict[int, int]
    views: tuple[ViewStatus, ...]
    set_aside: dict[str, int]
    policies: tuple[str, ...]  # what is to be put right about them; the ledger goes on meanwhile
    demonstration: bool
    troubles: tuple[str, ...]  # a sentence for each view that does not follow
    incomplete: tuple[str, ...]  # a sentence for each event that views leave out because two people parked it


def status_of(app: App) -> LedgerStatus:
    """Returns the present state of the ledger without waiting."""
    identity, heads = app.ledger.identity, app.ledger.reader.heads()
    known = app.views.progress(list(PROJECTIONS.values()))
    views = [view for name in PROJECTIONS for view in _views(name, known.get(name), heads)]
    return LedgerStatus(
        ledger_id=identity.ledger_id,
        epoch=identity.epoch,
        zone=identity.zone,
        books=heads,
        views=tuple(views),
        set_aside=SetAside(app.ledger.engine, app.ledger.reader.part).counts(),
        policies=tuple(defect.sentence for defect in app.bus.reference().to_put_right()),
        demonstration=identity.demonstration,
        troubles=tuple(
            f"{view.projection} in book {view.book}: {view.reason}"
            for view in views
            if view.status in ("stopped", "outdated")
        ),
        incomplete=tuple(str(Incomplete(view.projection, view.book, at)) for view in views for at in view.parked),
    )


def _views(name: str, live: GenerationProgress | None, heads: dict[int, int]) -> list[ViewStatus]:
    projection = PROJECTIONS[name]
    try:
        known = live.checkpoints if live and current(live.generation) else {}
    except ViewOutdated as outdated:
        return [ViewStatus(name, projection.version, 0, 0, 0, 0, "outdated", str(outdated))]
    found = []
    for book, head in heads.items():
        at = known.get(book)
        position, stopped, reason = (at.position, at.status == "stopped", at.reason) if at else (0, False, "")
        lag = max(head - position, 0)
        status = "stopped" if stopped else "behind" if lag else "current"
        parked = tuple(sorted(at.parked)) if at else ()
        found.append(ViewStatus(name, projection.version, book, head, position, lag, status, reason, parked))
    return found
