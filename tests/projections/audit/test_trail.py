"""The audit trail: one row an event, found by order, merchant, actor and time."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from ledger.ledger import Ledger
from ledger.money import Money
from projections.audit.audit_trail import AuditTrail, summary_of
from projections.audit.trail import TrailFilter, trail
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker
from projections.keyset import Key
from tests.support.view_history import History, an_event, sale


@pytest.fixture
def history(ledger: Ledger) -> History:
    return History(ledger)


def fold(ledger: Ledger) -> None:
    ProjectionWorker(ledger.engine, ledger.reader, AuditTrail()).catch_up()


def test_every_event_has_a_row_with_its_money_effect(history: History, views: Views) -> None:
    history.record(1, [an_event(sale("M-1", "500.00"), stream="order/M-1/O-1"), an_event(stream="order/M-1/O-1")])
    fold(history.ledger)
    moved, quiet = trail(views, TrailFilter(order="O-1"))
    assert (moved.moved, moved.effect) == (Money(50_000, "CNY"), "4110 CNY 500.00; 2110 CNY -500.00")
    assert (quiet.moved, quiet.effect, quiet.stream_version) == (Money(0, "CNY"), "", 2)


def test_a_row_carries_the_leaf_that_a_proof_starts_from(history: History, views: Views) -> None:
    history.record(1, [an_event(stream="order/M-1/O-1")])
    fold(history.ledger)
    (row,) = trail(views, TrailFilter(order="O-1"))
    assert row.leaf == history.ledger.reader.read(1, 0, 1)[0].leaf.hex()


def test_what_is_posted_to_a_later_day_than_its_own_is_late(history: History, views: Views) -> None:
    happened = datetime(2025, 3, 31, 15, tzinfo=UTC)  # 23:00 in Shanghai
    history.record(1, [an_event(occurred_at=happened, day=date(2025, 3, 31))])
    history.record(1, [an_event(occurred_at=happened, day=date(2025, 4, 1))])
    fold(history.ledger)
    assert [row.late for row in trail(views, TrailFilter())] == [False, True]


def test_rows_are_found_by_actor_over_all_books(history: History, views: Views) -> None:
    history.record(1, [an_event(actor="alice"), an_event(actor="bob")])
    history.record(2, [an_event(actor="alice")])
    fold(history.ledger)
    found = trail(views, TrailFilter(actor="alice"))
    assert [(row.book, row.position) for row in found] == [(1, 1), (2, 1)]


def test_rows_are_found_by_the_places_of_a_command(history: History, views: Views) -> None:
    for book in (1, 2, 1):
        history.record(book, [an_event(), an_event()])
    fold(history.ledger)
    reader = history.ledger.reader
    places = reader.place_of_command(reader.read(1, 2, 1)[0].command_id)
    assert places == (1, 3, 4)
    assert [(row.book, row.position) for row in trail(views, TrailFilter(places=places))] == [(1, 3), (1, 4)]
    assert reader.place_of_command("none") is None


def test_pages_follow_each_other_without_gap_or_repetition(history: History, views: Views) -> None:
    for book in (1, 2, 1, 2, 3):
        history.record(book, [an_event(), an_event()])
    fold(history.ledger)
    pages, after = list[Key](), None
    while page := trail(views, TrailFilter(), after=after, limit=3):
        pages += [(row.recorded_at, row.book, row.position) for row in page]
        after = pages[-1]
    assert len(pages) == 10
    assert pages == sorted(set(pages))


def test_times_bound_the_rows_from_since_to_before_until(history: History, views: Views) -> None:
    for _ in range(3):
        history.record(1, [an_event()])
    fold(history.ledger)
    _, second, third = (recorded.recorded_at for recorded in history.ledger.reader.read(1, 0, 3))
    found = trail(views, TrailFilter(since=second, until=third))
    assert [row.position for row in found] == [2]


def test_a_summary_shows_amounts_and_names_and_leaves_personal_values_sealed() -> None:
    payload: dict[str, object] = {
        "order_id": "O-1",
        "amount": {"minor": 6944, "currency": "USD"},
        "note": {"box": "c2VjcmV0", "subject": "order/M-1/O-1"},
        "psp": "adyen",
        "lines": [{}, {}],
        "nothing": None,
    }
    assert summary_of(payload) == "amount USD 69.44, note (sealed), psp adyen, lines × 2"
