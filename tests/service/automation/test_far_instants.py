"""Facts from the future: kept and flagged, they start no deadline before their day, and hold up nobody else's money.

REDLEDGER_TEST_SEED chooses other instants.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any

import pytest

from commands.bus import book_batch as rounds
from commands.bus.outcome import Outcome
from ledger.events.event import Event
from ledger.ids import order_stream
from ledger.streams.orders.order import Order
from projections.balances.balances import balances
from projections.balances.due_releases import DueReleases, next_releases
from projections.engine.views import Views
from projections.tracking.customer_tracking import CustomerTracking
from projections.tracking.tracking import track
from projections.tracking.unsigned_parcels import deeming_locks, unsigned_parcels
from projections.worklists.due_dates import DueDates
from projections.worklists.exceptions import Exceptions, exceptions
from projections.worklists.overdue_to_warehouse import OverdueToWarehouse
from projections.worklists.warehouse_promises import overdue, warnings
from service.app import App
from service.automation.worker import TimerWorker
from service.settings import Settings
from service.tracking.history import history_of
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.sales import CARRIER, PROVIDER, merchant_ready, order_data, paid, sent, signed

SEED = int(os.environ.get("REDLEDGER_TEST_SEED", "20251130"))
VIEWS = (DueReleases(), DueDates(), CustomerTracking(), OverdueToWarehouse(), Exceptions())
FAR = datetime(9999, 12, 30, tzinfo=UTC)
P2 = {"merchant_id": "M-1", "order_id": "O-1", "parcel_id": "O-1-2"}


class Shop:
    """Two merchants; what is reported of the first must never hold up the second."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.app = App(Settings(), desk.ledger, desk.bus, Views(desk.ledger.engine, desk.ledger.reader), desk.clock)

    def sweep(self) -> int:
        self.app.catch_up(VIEWS)
        return TimerWorker(self.app).sweep()

    def report(self, name: str, at: datetime, **said: Any) -> Outcome:
        return self.desk.expect(name, actor=CARRIER, at=at, **said)

    def released(self) -> set[str]:
        """The orders whose merchants have their money."""
        with self.desk.ledger.engine.connect() as connection:
            found = connection.exec_driver_sql("SELECT stream FROM log.events WHERE type = 'settlement.released'")
            return {stream for (stream,) in found}

    def flags(self) -> list[str]:
        self.app.catch_up(VIEWS)
        return [row.stream for row in exceptions(self.app.views, kind="future_timestamp")]


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Shop]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        for merchant in ("M-1", "M-2"):
            merchant_ready(desk, merchant)
        paid(desk, "O-1", "M-1", qty=2)
        half = {"items": [{"line_id": "L1", "qty": 1}], "warehouse_id": "WH-1"}
        for parcel in ("O-1-1", "O-1-2"):
            named = P2 | {"parcel_id": parcel}
            desk.expect("create_parcel", **named, **half)
            desk.expect("dispatch_parcel", carrier="sf", tracking_no=f"SF{parcel}", **named)
        signed(desk, "O-1", "M-1")
        paid(desk, "O-2", "M-2")
        sent(desk, "O-2", "M-2")
        signed(desk, "O-2", "M-2")
        yield Shop(desk)


def as_before_there_were_verdicts(patch: pytest.MonkeyPatch) -> None:
    """Decisions are recorded as older versions did: no verdict is stored, nothing is flagged."""
    patch.setattr(rounds, "decided", lambda decide, command, stream, rules: list(decide(command, stream, rules)))


def test_a_signature_of_the_year_9999_holds_up_nobody(shop: Shop) -> None:
    shop.report("report_signature", FAR, evidence_kind="recipient", **P2)
    shop.desk.clock.forward(days=8)
    shop.sweep()
    assert shop.released() == {"order/M-1/O-1", "order/M-2/O-2"}


def test_a_ledger_poisoned_before_there_were_verdicts_goes_on(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        as_before_there_were_verdicts(patch)
        shop.report("report_signature", FAR, evidence_kind="recipient", **P2)
        shop.report("report_dispatch", FAR, carrier="sf", tracking_no="SF-far", **P2)
    shop.desk.clock.forward(days=8)
    shop.sweep()
    assert shop.released() == {"order/M-1/O-1", "order/M-2/O-2"}
    everything_answers(shop)


@pytest.mark.parametrize("years", [3, 100, 7900])
def test_a_signature_more_than_two_years_ahead_never_releases(shop: Shop, years: int) -> None:
    at = shop.desk.clock.now.replace(year=min(2025 + years, 9999))
    shop.report("report_signature", at, evidence_kind="recipient", **P2)
    shop.desk.clock.now = min(at, FAR - timedelta(days=400)) + timedelta(days=8)
    shop.sweep()
    left = {part.qty for part in _order(shop).parcels.journeys("L1") if part.signed_at and part.signed_at >= FAR}
    assert left == {1}
    assert _pending(shop) == 1


def test_a_signature_of_next_week_counts_from_next_week(shop: Shop) -> None:
    day = shop.desk.clock.now + timedelta(days=7)
    shop.report("report_signature", day, evidence_kind="recipient", **P2)
    shop.desk.clock.now = day + timedelta(days=7) - timedelta(milliseconds=1)
    shop.sweep()
    before = _pending(shop)
    shop.desk.clock.forward(milliseconds=1)
    shop.sweep()
    assert (before, _pending(shop)) == (1, 0)


def test_the_verdict_is_not_given_again_when_time_has_passed(shop: Shop) -> None:
    at = shop.desk.clock.now + timedelta(days=800)
    shop.report("report_signature", at, evidence_kind="recipient", **P2)
    shop.desk.clock.now = at + timedelta(days=30)
    shop.app.catch_up(VIEWS)
    assert [event.timing for event in _events(shop, "parcel.signed_for")] == ["plain", "far"]
    shop.sweep()
    assert _pending(shop) == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("report_unmatched_fact", {"system": "sf", "reference": "T-9", "kind": "scan"}),
        ("report_unmatched_payment", {"psp": "stripe", "capture_ref": "ch-9", "amount": "USD 5.00"}),
        ("report_tracking", {**P2, "milestone": "departed"}),
        ("report_payout_paid", {"merchant_id": "M-1", "payout_id": "PO-9"}),
    ],
)
def test_every_report_from_the_future_is_flagged_once(shop: Shop, name: str, said: dict[str, Any]) -> None:
    for _ in range(2):
        shop.desk.ask(name, actor=CARRIER, at=FAR, **said)
    assert len(shop.flags()) == 1


def test_an_importer_is_judged_by_the_ledgers_own_clock(shop: Shop) -> None:
    importer = CARRIER.model_copy(update={"kind": "importer"})
    shop.desk.expect("report_signature", actor=importer, at=FAR, evidence_kind="recipient", **P2)
    assert shop.flags() == ["order/M-1/O-1"]


def test_money_reported_for_a_far_day_is_booked_on_the_day_it_was_reported(shop: Shop) -> None:
    data = order_data("O-3", "M-1")
    shop.desk.expect("place_order", **data)
    names = {"merchant_id": "M-1", "order_id": "O-3", "payment_id": "p", "psp": "stripe", "capture_ref": "ch-far"}
    shop.desk.expect("report_payment_captured", actor=PROVIDER, at=FAR, amount=data["buyer_total"], **names)
    with shop.desk.ledger.engine.connect() as connection:
        days = connection.exec_driver_sql("SELECT DISTINCT accounting_date FROM log.events WHERE entry IS NOT NULL")
        assert {day.year for (day,) in days} == {2025}


def test_whatever_instant_is_reported_everything_answers_and_others_are_paid(shop: Shop) -> None:
    random = Random(SEED)
    for number in range(24):
        order_id = f"R-{number}"
        paid(shop.desk, order_id, "M-1")
        sent(shop.desk, order_id, "M-1")
        names = {"merchant_id": "M-1", "order_id": order_id, "parcel_id": f"{order_id}-1"}
        for name, said in _facts(random):
            shop.desk.ask(name, actor=CARRIER, at=_instant(random), **names, **said)
    shop.desk.clock.forward(days=8)
    shop.sweep()
    assert "order/M-2/O-2" in shop.released(), f"seed {SEED}"
    everything_answers(shop)
    shop.desk.clock.forward(days=400)
    shop.sweep()
    everything_answers(shop)


def everything_answers(shop: Shop) -> None:
    """Every question that rests on instants, of every order."""
    shop.app.catch_up()
    views, now = shop.app.views, shop.app.clock()
    coming, _ = next_releases(views, now=now, at_least={})
    assert all(due.tzinfo for due in coming.values())
    assert all(promised.late_by > timedelta() for promised in overdue(views, now))
    assert all(promised.warn_at <= now for promised in warnings(views, now))
    assert {balance.merchant for balance in balances(views).merchants} >= {"M-1", "M-2"}
    for book in shop.desk.ledger.reader.heads():
        unsigned_parcels(views, book, deeming_locks(views), now=now, after=("", "", ""), limit=100)
    with shop.desk.ledger.engine.connect() as connection:
        orders = connection.exec_driver_sql("SELECT DISTINCT stream FROM log.events WHERE stream LIKE 'order/%%'").all()
    for (stream,) in orders:
        _, merchant, order_id = stream.split("/")
        tracked = track(views, order_id, merchant=merchant)
        assert tracked is not None
        asked = [parcel.after_sales(now) for parcel in tracked.parcels]
        assert all(answer.allowed == bool(answer.options) for answer in asked)
        assert list(history_of(shop.desk.ledger, order_id, merchant=merchant))


def _facts(random: Random) -> list[tuple[str, dict[str, Any]]]:
    some: list[tuple[str, dict[str, Any]]] = [
        ("report_dispatch", {"carrier": "sf", "tracking_no": "SF-R"}),
        ("report_tracking", {"milestone": "received_at_warehouse", "warehouse_id": "WH-1"}),
        ("report_tracking", {"milestone": "departed"}),
        ("report_loss", {}),
        ("report_signature", {"evidence_kind": random.choice(["recipient", "locker"])}),
    ]
    return random.sample(some, random.randint(1, 4))


def _instant(random: Random) -> datetime:
    offset = timezone(timedelta(minutes=random.randint(-14 * 60, 14 * 60)))
    ends = ((9999, 12, 31, 23, 59, 59, 999999), (9999, 12, 30), (2000, 1, 2))
    if random.random() < 0.4:
        return datetime(*random.choice(ends), tzinfo=offset)  # type: ignore[misc]
    return datetime(random.randint(2000, 9999), random.randint(1, 12), random.randint(1, 28), tzinfo=offset)


def _order(shop: Shop) -> Order:
    order = Order(order_stream("M-1", "O-1"))
    for event in _events(shop):
        order.apply(event)
    return order


def _events(shop: Shop, name: str = "") -> list[Event]:
    book = shop.desk.ledger.directory.book_of("M-1")
    rows = shop.desk.ledger.reader.read_stream(book, order_stream("M-1", "O-1"))
    return [row.event for row in rows if name in ("", row.type)]


def _pending(shop: Shop) -> int:
    return _order(shop).lines["L1"].pending
