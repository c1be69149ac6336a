"""The event feed: every wanted event once, in the order of its book, in pages of any size."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from ledger.ledger import Ledger
from ledger.log.rows import Recorded
from ledger.log.sequence import OutOfSequence
from service.app import App
from service.failures import UnknownValue
from service.feeds import event_feed
from service.feeds.event_feed import EventFeed, EventFilter
from service.feeds.event_query import NOW, filter_of, place_of
from service.feeds.feed import Positions
from service.questions.reader import Reader, RoleMayNotRead
from tests.service.feeds.test_cloud_events import all_rows

AUDITOR, MERCHANT = Reader("auditor"), Reader("merchant", "M-1001")
Place = tuple[int, int]


@pytest.fixture(scope="module")
def rows(month_app: App) -> list[Recorded]:
    return all_rows(month_app)


def followed(app: App, wanted: EventFilter, *, limit: int, after: Positions | None = None) -> list[Place]:
    """The places of all events that a reader gets, page by page."""
    feed, found, place = EventFeed(app.ledger), list[Place](), after or {}
    while True:
        page = feed.page(place, wanted, limit=limit)
        assert all(page.positions.get(book, 0) >= position for book, position in place.items())
        found += [(frame.book, frame.position) for frame in page.frames]
        place = page.positions
        if page.is_last:
            return found


@pytest.mark.parametrize("limit", [1, 7, 500, 10_000])
def test_pages_have_every_event_once_and_in_the_order_of_its_book(
    month_app: App, rows: list[Recorded], limit: int
) -> None:
    found = followed(month_app, EventFilter(), limit=limit)
    assert sorted(found) == [(row.book, row.position) for row in rows]
    for book in {book for book, _ in found}:
        positions = [position for of, position in found if of == book]
        assert positions == sorted(positions)


@pytest.mark.parametrize("scanned", [3, 5_000])
@pytest.mark.parametrize(
    "asked",
    [
        {"types": "payment.captured"},
        {"types": "parcel.*,refund.requested"},
        {"merchant": "M-1001"},
        {"merchant": "M-1003", "types": "settlement.*"},
        {"book": 0},
        {"order": "an order"},
    ],
    ids=str,
)
def test_a_filter_gives_what_filtering_all_events_gives(
    month_app: App, rows: list[Recorded], asked: dict[str, Any], scanned: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_feed, "SCANNED", scanned)
    if "order" in asked:
        asked = {"order": next(row.stream.split("/")[2] for row in rows if row.type == "order.placed")}
    wanted = filter_of(month_app, AUDITOR, **asked)
    expected = [(row.book, row.position) for row in rows if wanted.takes(row)]
    assert expected
    assert sorted(followed(month_app, wanted, limit=10)) == expected


def test_a_place_in_the_middle_gives_the_rest(month_app: App, rows: list[Recorded]) -> None:
    after = {row.book: row.position // 2 for row in rows}
    expected = [(row.book, row.position) for row in rows if row.position > after[row.book]]
    assert sorted(followed(month_app, EventFilter(), limit=50, after=after)) == expected


def test_now_is_the_end_of_the_log(month_app: App) -> None:
    assert followed(month_app, EventFilter(), limit=50, after=place_of(month_app, NOW).heads) == []


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"types": "payment.capture"}, "type"),
        ({"types": "payment.captured,"}, "type"),
        ({"types": "payment*"}, "type"),
        ({"types": ".*"}, "type"),
        ({"merchant": "M-nobody"}, "merchant"),
        ({"order": "O-nothing"}, "order"),
        ({"book": 99}, "book"),
        ({"merchant": "M-1001", "book": 0}, "book"),
    ],
    ids=str,
)
def test_an_unknown_value_is_refused_and_never_empty(month_app: App, asked: dict[str, Any], field: str) -> None:
    with pytest.raises(UnknownValue) as refused:
        filter_of(month_app, AUDITOR, **asked)
    assert refused.value.field == field


def test_a_buyer_follows_nothing(month_app: App) -> None:
    with pytest.raises(RoleMayNotRead):
        filter_of(month_app, Reader("buyer", "B-1"))


@pytest.mark.parametrize("asked", [{"merchant": "M-1003"}, {"order": "another's"}, {"types": "payment.captured"}])
def test_a_merchant_asks_for_another_ones_events_as_for_unknown_ones(
    month_app: App, rows: list[Recorded], asked: dict[str, Any]
) -> None:
    if "order" in asked:
        asked = {"order": next(row.stream.split("/")[2] for row in rows if row.stream.startswith("order/M-1003/"))}
    with pytest.raises(UnknownValue):
        filter_of(month_app, MERCHANT, **asked)


def test_a_hole_in_the_log_stops_the_feed(month_app: App) -> None:
    def with_hole(book: int, after: int, upto: int, wanted: Any, limit: int) -> list[Recorded]:
        read = month_app.ledger.reader.read_range(book, after, upto, wanted, limit)
        return [row for row in read if row.position != 2]

    reader = SimpleNamespace(heads=month_app.ledger.reader.heads, read_range=with_hole)
    feed = EventFeed(cast("Ledger", SimpleNamespace(reader=reader, identity=month_app.ledger.identity)))
    with pytest.raises(OutOfSequence):
        feed.page({}, EventFilter(), limit=10_000)
