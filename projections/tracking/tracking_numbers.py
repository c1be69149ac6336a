"""Tracking numbers of parcels and scans that wait for one, so that a scan with only a number finds its order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from ledger.events.parcels import ParcelDispatched, ParcelsConsolidated, ParcelSplit
from ledger.events.platform import UnmatchedFactMatched, UnmatchedFactReported
from ledger.ids import PLATFORM_BOOK, belongs_to, key_form
from ledger.log.rows import Recorded
from projections.engine.batch import Batch
from projections.engine.columns import text_column
from projections.engine.projection import Projection
from projections.engine.tables import kept_table
from projections.engine.views import FROM_THE_FIRST, Opened, Vector, Views

NUMBERS = kept_table(
    "tracking_numbers",
    text_column("tracking_no", key=True),
    text_column("carrier", key=True),  # '' if it was not reported
    text_column("merchant", key=True),
    text_column("order_id", key=True),
    text_column("parcel_id", key=True),
)
WAITING = kept_table(
    "waiting_scans",
    text_column("stream", key=True),  # of unmatched items
    text_column("tracking_no"),
    indexes=[("tracking_no",)],
)
SCAN = "tracking"  # the kind of an unmatched fact that names a tracking number
_LONGEST = 64


class TrackingNumbers(Projection):
    """Keeps every number of a parcel with its carrier, and unmatched scans until they are matched."""

    name = "tracking_numbers"
    version = 2
    tables = (NUMBERS, WAITING)
    events = (ParcelDispatched, ParcelsConsolidated, ParcelSplit, UnmatchedFactReported, UnmatchedFactMatched)

    def fold(self, batch: Batch) -> None:
        rows = batch.rows(NUMBERS)
        given = [(key, recorded.position) for recorded in batch.events for key in _keys(recorded)]
        rows.load(key for key, _ in given)
        for key, position in given:
            if rows.get(*key) is None:
                rows.put(dict(zip(NUMBERS.key, key, strict=True)), at=position)
        for recorded in batch.events:
            _wait(batch, recorded)


@dataclass(frozen=True, slots=True)
class NumberedParcel:
    """A parcel that has or had this number."""

    merchant: str
    order_id: str
    parcel_id: str
    carrier: str


def parcels_numbered(
    views: Views, tracking_no: str, *, at_least: Vector | None = None, timeout_s: float = 5.0
) -> tuple[NumberedParcel, ...]:
    """Returns the parcels of all merchants under a number, because carriers reuse numbers. Raises `ViewBehind`."""

    def query(opened: Opened) -> tuple[NumberedParcel, ...]:
        statement = f"""
            SELECT merchant, order_id, parcel_id, carrier FROM {opened.generation.stored_name(NUMBERS)}
            WHERE book = ANY(:books) AND tracking_no = :number AND NOT deleted
            ORDER BY merchant, order_id, parcel_id, carrier"""
        values = {"books": list(opened.vector), "number": key_form(tracking_no)}
        return tuple(NumberedParcel(*row) for row in opened.connection.execute(text(statement), values))

    return views.read(TrackingNumbers(), query, at_least=at_least, timeout_s=timeout_s)


# Scans that are new themselves or to look at again, and scans whose number became a parcel's since.
_TO_MATCH = """
WITH waiting AS NOT MATERIALIZED (
    SELECT * FROM {waiting} WHERE book = :platform AND NOT deleted AND stream > :after
), numbers AS NOT MATERIALIZED (
    SELECT * FROM {numbers} WHERE book = ANY(:books) AND NOT deleted
)
SELECT DISTINCT stream FROM (
    SELECT w.stream FROM waiting w
    WHERE (w.changed_at_position > :since OR w.stream = ANY(:again))
      AND EXISTS (SELECT FROM numbers n WHERE n.tracking_no = w.tracking_no)
    UNION ALL
    SELECT w.stream FROM unnest(CAST(:books AS integer[]), CAST(:positions AS bigint[])) AS v(book, position)
    JOIN numbers n ON n.book = v.book AND n.changed_at_position > v.position
    JOIN waiting w ON w.tracking_no = n.tracking_no
) found ORDER BY stream LIMIT :limit
"""


def scans_to_match(
    views: Views,
    *,
    since: Vector = FROM_THE_FIRST,
    again: Sequence[str] = (),
    after: str = "",
    limit: int = 500,
    timeout_s: float = 5.0,
) -> tuple[str, ...]:
    """Returns the streams of unmatched scans, by name, whose number now belongs to a parcel. Raises `ViewBehind`.

    Only scans are returned that are new after the positions `since`, or whose number was given to a parcel after them;
    also the scans in `again`.
    """

    def query(opened: Opened) -> tuple[str, ...]:
        names = {"waiting": WAITING, "numbers": NUMBERS}
        stored = {name: opened.generation.stored_name(table) for name, table in names.items()}
        books = list(opened.vector)
        values = {"platform": PLATFORM_BOOK, "since": since.get(PLATFORM_BOOK, 0), "again": list(again)}
        values |= {"books": books, "positions": [since.get(book, 0) for book in books], "after": after, "limit": limit}
        return tuple(opened.connection.execute(text(_TO_MATCH.format(**stored)), values).scalars())

    return views.read(TrackingNumbers(), query, timeout_s=timeout_s)


def _wait(batch: Batch, recorded: Recorded) -> None:
    match recorded.event:
        case UnmatchedFactReported(kind=kind, refs=refs) if (
            kind == SCAN and 0 < len(refs.get("tracking_no", "")) <= _LONGEST
        ):
            row = {"stream": recorded.stream, "tracking_no": refs["tracking_no"]}
            batch.rows(WAITING).put(row, at=recorded.position)
        case UnmatchedFactMatched():
            batch.rows(WAITING).delete(recorded.stream, at=recorded.position)


def _keys(recorded: Recorded) -> Iterator[tuple[str, ...]]:
    place = belongs_to(recorded.stream)
    for tracking_no, carrier, parcel_id in _numbers(recorded):
        yield tracking_no, carrier, *place, parcel_id


def _numbers(recorded: Recorded) -> Iterator[tuple[str, str, str]]:
    match recorded.event:
        case ParcelDispatched(tracking_no=tracking_no, carrier=carrier, parcel_id=parcel_id):
            yield tracking_no, carrier, parcel_id
        case ParcelsConsolidated(contents=contents) | ParcelSplit(contents=contents):
            yield from ((part.tracking_no, "", part.parcel_id) for part in contents if part.tracking_no)
