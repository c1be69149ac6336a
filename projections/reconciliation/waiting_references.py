"""References that unmatched facts and settlement lines name, until they are matched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic_core import from_json
from sqlalchemy import text

from ledger.canonical import canonical
from ledger.events.event import Event
from ledger.events.platform import UnmatchedFactMatched, UnmatchedFactReported
from ledger.ids import PLATFORM_BOOK
from ledger.log.rows import Recorded
from projections.engine.batch import Batch
from projections.engine.columns import text_column
from projections.engine.tables import kept_table
from projections.engine.views import Opened

What = Literal["fact", "line"]
NAMES = kept_table(
    "waiting_references",
    text_column("reference", key=True),
    text_column("psp", key=True),
    text_column("what", key=True),
    text_column("stream", key=True),  # of the unmatched item
    indexes=[("what", "stream")],
)
ITEMS = kept_table("waiting_items", text_column("stream", key=True), text_column("names"))  # keys of its rows, as JSON
LINE = "psp_line_extra"
_OF_NO_ORDER = "psp_other"  # providers report many facts that concern no order
_BY_A_PROVIDER = "psp_"


def fold_names(batch: Batch, recorded: Recorded, event: Event) -> None:
    """Adds the references that an unmatched fact names; removes all of its item once the item is matched."""
    items, names = batch.rows(ITEMS), batch.rows(NAMES)
    if isinstance(event, UnmatchedFactReported) and (named := list(references_in(event))):
        known = _names_of(items.get(recorded.stream))
        items.put({"stream": recorded.stream, "names": canonical(sorted({*known, *named}))}, at=recorded.position)
        for reference, what in named:
            row = {"reference": reference, "psp": event.system, "what": what, "stream": recorded.stream}
            names.put(row, at=recorded.position)
    elif isinstance(event, UnmatchedFactMatched):
        for reference, what in _names_of(items.get(recorded.stream)):
            names.delete(reference, event.system, what, recorded.stream, at=recorded.position)
        items.delete(recorded.stream, at=recorded.position)


def load_names(batch: Batch, reported: Iterable[tuple[Recorded, Event]]) -> None:
    """Fetches the rows that the events of a batch change."""
    about = [(recorded, event) for recorded, event in reported if isinstance(event, _ABOUT)]
    batch.rows(ITEMS).load((recorded.stream,) for recorded, _ in about)
    keys = list[tuple[str, ...]]()
    for recorded, event in about:
        named = _names_of(batch.rows(ITEMS).get(recorded.stream))
        more = references_in(event) if isinstance(event, UnmatchedFactReported) else ()
        keys += [(reference, event.system, what, recorded.stream) for reference, what in (*named, *more)]
    batch.rows(NAMES).load(keys)


_ABOUT = (UnmatchedFactReported, UnmatchedFactMatched)
# Rows that are new themselves, rows whose reference has become known since, and rows to look at again.
_TO_MATCH = """
WITH known AS NOT MATERIALIZED (
    SELECT book, reference, psp, changed_at_position FROM {references} WHERE book = ANY(:books) AND NOT deleted
    UNION ALL
    SELECT book, reference, psp, changed_at_position FROM {of_unmatched} WHERE book = :platform AND NOT deleted
), waiting AS NOT MATERIALIZED (
    SELECT * FROM {names} WHERE book = :platform AND what = :what AND NOT deleted AND stream > :after
)
SELECT DISTINCT stream FROM (
    SELECT w.stream FROM waiting w
    WHERE (w.changed_at_position > :since OR w.stream = ANY(:again))
      AND EXISTS (SELECT FROM known k WHERE k.reference = w.reference AND k.psp = w.psp)
    UNION ALL
    SELECT w.stream FROM unnest(CAST(:new_in AS integer[]), CAST(:positions AS bigint[])) AS v(book, position)
    JOIN known k ON k.book = v.book AND k.changed_at_position > v.position
    JOIN waiting w ON w.reference = k.reference AND w.psp = k.psp
) found ORDER BY stream LIMIT :limit
"""


def read_to_match(
    opened: Opened,
    stored: Mapping[str, str],
    what: What,
    *,
    since: Mapping[int, int],
    again: Sequence[str],
    after: str,
    limit: int,
) -> list[str]:
    """Returns a page of items, by stream, that may be matched: a reference of each is known, and either is new.

    `since` has the position of each book after which rows are new; without a position of book 0, all rows are new.
    """
    whole = not since.get(PLATFORM_BOOK)
    new_in = {} if whole else {book: since.get(book, 0) for book in opened.vector}
    values = {
        "books": list(opened.vector),
        "platform": PLATFORM_BOOK,
        "what": what,
        "after": after,
        "since": since.get(PLATFORM_BOOK, 0),
        "again": list(again),
        "new_in": list(new_in),
        "positions": list(new_in.values()),
        "limit": limit,
    }
    return list(opened.connection.execute(text(_TO_MATCH.format(**stored)), values).scalars())


def references_in(event: UnmatchedFactReported) -> Iterator[tuple[str, What]]:
    """Yields each reference that the fact names, with its kind."""
    if event.kind == LINE:
        also = event.body.get("also", ())
        names = (event.refs.get("reference", ""), *(also if isinstance(also, list | tuple) else ()))
        yield from dict.fromkeys((str(name), "line") for name in names if name)
    elif event.kind.startswith(_BY_A_PROVIDER) and event.kind != _OF_NO_ORDER:
        yield from dict.fromkeys((name, "fact") for name in event.refs.get("named", "").split(",") if name)


def _names_of(item: Mapping[str, Any] | None) -> list[tuple[str, What]]:
    return [(reference, what) for reference, what in from_json(item["names"])] if item else []
