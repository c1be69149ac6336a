"""Timers submit a due command once, and submit it again only after a change."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from ledger.actors import Actor
from projections.balances.due_releases import DueReleases
from projections.engine.views import Views
from projections.tracking.customer_tracking import CustomerTracking
from projections.worklists.due_dates import DueDates
from service.app import App
from service.automation.settlement import Settlement
from service.automation.worker import TimerWorker
from service.finance.releases import Releases
from service.settings import Settings
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.outages import away_for
from tests.support.sales import BUYER, PROVIDER, merchant_ready, paid, sent, signed
from tests.support.services import until

VIEWS = (DueReleases(), DueDates(), CustomerTracking())
NAMES = {"merchant_id": "M-1", "order_id": "O-1"}


class Shop:
    """A desk with a merchant, and timers that look at its ledger."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.app = App(Settings(), desk.ledger, desk.bus, Views(desk.ledger.engine, desk.ledger.reader), desk.clock)

    def look(self, timer: TimerWorker | None = None) -> int:
        """Returns the events that one look of a timer records."""
        self.app.catch_up(VIEWS)
        return (timer or TimerWorker(self.app)).sweep()

    def refusals(self) -> list[str]:
        with self.desk.ledger.engine.connect() as connection:
            found = connection.exec_driver_sql(
                "SELECT code FROM log.outcomes WHERE command = 'release_settlement' ORDER BY book, recorded_at"
            )
            return [code for (code,) in found]


SERVICE_DESK = Actor(kind="platform", id="cs", role="platform_cs")


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Shop]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        paid(desk)
        sent(desk)
        signed(desk)
        yield Shop(desk)


def test_a_signed_order_is_released_when_its_time_has_come(shop: Shop) -> None:
    shop.desk.clock.forward(days=7)
    assert shop.look() == 1


def test_nothing_is_asked_for_before_its_time(shop: Shop) -> None:
    shop.desk.clock.now += timedelta(days=7) - timedelta(milliseconds=1)
    assert shop.look() == 0
    assert shop.refusals() == []


def test_two_timers_release_an_order_once(shop: Shop) -> None:
    shop.desk.clock.forward(days=8)
    first, second = TimerWorker(shop.app), TimerWorker(shop.app)
    shop.app.catch_up(VIEWS)
    assert (first.sweep(), second.sweep()) == (1, 0)
    assert shop.refusals() == []


def test_a_released_order_is_not_asked_for_again(shop: Shop) -> None:
    shop.desk.clock.forward(days=8)
    shop.look()
    assert shop.look() == 0
    assert shop.refusals() == []


def test_a_blocked_order_is_asked_for_once_however_often_timers_look(shop: Shop) -> None:
    shop.desk.clock.forward(days=1)
    shop.desk.expect("request_refund", actor=BUYER, refund_id="R-1", reason="damaged", **NAMES)
    shop.desk.clock.forward(days=8)
    for _ in range(3):
        shop.look()
    assert shop.refusals() == ["OPEN_CASE"]


def test_a_blocked_order_is_asked_for_again_when_its_case_is_closed(shop: Shop) -> None:
    timer = TimerWorker(shop.app)
    shop.desk.clock.forward(days=1)
    shop.desk.expect("request_refund", actor=BUYER, refund_id="R-1", reason="damaged", **NAMES)
    shop.desk.clock.forward(days=8)
    shop.look(timer)
    shop.desk.expect("reject_refund", actor=SERVICE_DESK, refund_id="R-1", round=1, reason="unfounded", **NAMES)
    assert shop.look(timer) == 1


def test_units_that_a_dispute_won_after_all_gives_back_are_released_though_the_order_was_over(shop: Shop) -> None:
    about = NAMES | {"dispute_id": "dp-1", "psp": "stripe", "capture_ref": "cap-O-1"}
    opened = about | {"amount": "USD 19.44", "reason": "product_unacceptable", "stage": "chargeback"}
    shop.desk.expect("report_dispute_opened", actor=PROVIDER, **opened)
    shop.desk.expect("report_dispute_lost", actor=PROVIDER, **about)
    shop.desk.clock.forward(days=8)
    assert shop.look() == 0
    shop.desk.expect("report_dispute_won", actor=PROVIDER, **about)
    assert shop.look() == 1
    assert shop.refusals() == []


def test_timers_say_once_that_the_database_is_away(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    worker = TimerWorker(shop.app)
    with away_for(shop.desk.ledger.engine) as refused:
        worker.start()
        until(lambda: len(refused) > 30, what="three rounds of looks")
        worker.stop()
    assert len([record for record in caplog.records if "waits" in record.message]) == 1


def test_a_settlement_run_that_takes_long_keeps_no_other_timer_from_looking(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, over, looked = Event(), Event(), Event()

    def settles(_: Settlement) -> int:
        begun.set()
        return int(not over.wait(60))

    def looks(_: Releases) -> int:
        if begun.is_set():
            looked.set()
        return 0

    monkeypatch.setattr(Settlement, "look", settles)
    monkeypatch.setattr(Releases, "look", looks)
    worker = TimerWorker(shop.app)
    worker.start()
    try:
        assert looked.wait(30)
        assert not over.is_set()
    finally:
        over.set()
        worker.stop()
