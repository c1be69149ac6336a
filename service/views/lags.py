"""The lag of each view behind the log, in events and in seconds, and the progress of its rebuild."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Engine, text

from service.app import App
from service.views.generations import generations
from service.views.status import ViewStatus, status_of

_WORST_FIRST = ("outdated", "stopped", "behind", "current")
# By the event behind each position: the clock is the database's, which also gave the event its time.
_OLDEST = """
SELECT v.view, extract(epoch FROM clock_timestamp() - min(e.recorded_at))::float AS age_s
FROM unnest(CAST(:views AS text[]), CAST(:books AS integer[]), CAST(:positions AS bigint[])) AS v(view, book, position)
JOIN log.events e ON e.book = v.book AND e.position = v.position + 1
GROUP BY v.view
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewLag:
    """A view in all books. `lag_s` is the age of the oldest event that it has not folded. `candidate` is the generation
    of a rebuild, `rebuilt` the part of its events that is folded, in percent; each is empty without a rebuild."""

    view: str
    status: str  # of the worst book
    version: int
    generation: int | None
    books_behind: int
    lag_events: int
    lag_s: int
    reason: str
    candidate: int | None
    rebuilt: int | None
    seconds_left: int | None


def view_lags(app: App) -> list[ViewLag]:
    """Returns the lag of every view, the worst first."""
    views: dict[str, list[ViewStatus]] = {}
    for each in status_of(app).views:
        views.setdefault(each.projection, []).append(each)
    ages = oldest_ages(app.ledger.engine, (each for books in views.values() for each in books))
    made = {(row.view, row.role): row for row in generations(app.ledger.engine)}
    found = []
    for view, books in views.items():
        worst = min(books, key=lambda each: _WORST_FIRST.index(each.status))
        live, candidate = made.get((view, "live")), made.get((view, "candidate"))
        whole = candidate.events + candidate.missing_events if candidate else 0
        found.append(
            ViewLag(
                view=view,
                status=worst.status,
                version=worst.version,
                generation=live.generation if live else None,
                books_behind=sum(each.lag > 0 for each in books),
                lag_events=sum(each.lag for each in books),
                lag_s=int(ages.get(view, 0)),
                reason=worst.reason,
                candidate=candidate.generation if candidate else None,
                rebuilt=100 * candidate.events // whole if candidate and whole else None,
                seconds_left=candidate.seconds_left if candidate else None,
            )
        )
    return sorted(found, key=lambda each: (_WORST_FIRST.index(each.status), -each.lag_events))


def oldest_ages(engine: Engine, views: Iterable[ViewStatus]) -> dict[str, float]:
    """Returns the age in seconds of the oldest event that each view has not folded; nothing for one that is current."""
    places = list(_behind(views))
    if not places:
        return {}
    names, books, positions = map(list, zip(*places, strict=True))
    with engine.connect() as connection:
        rows = connection.execute(text(_OLDEST), {"views": names, "books": books, "positions": positions}).all()
    return {str(view): float(age_s) for view, age_s in rows}


def _behind(views: Iterable[ViewStatus]) -> Iterator[tuple[str, int, int]]:
    for view in views:
        if view.lag:
            yield view.projection, view.book, view.position
