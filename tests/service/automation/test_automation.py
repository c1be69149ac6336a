"""Steps of the running service, each taken once, also on two machines: captures, runs, month ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.actors import Actor
from ledger.events.event import Event
from ledger.ids import order_stream, periods_stream
from ledger.policies.automation import STEPS, Step
from service.automation.captures import Captures
from service.automation.month_end import MonthEnd
from service.automation.period_closings import Closings
from service.automation.settlement import Settlement
from service.automation.worker import TIMERS, TimerWorker
from service.finance.period_close import PeriodClose
from service.loops.timer import Timer
from service.partners.sender import Sending
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.faults import failing
from tests.support.sales import BUYER, PROVIDER, merchant_ready, order_data, released
from tests.support.shops import app_of

ORDER: dict[str, Any] = {"merchant_id": "M-1", "order_id": "O-1"}
PAYMENT: dict[str, Any] = {"payment_id": "pay-1", "psp": "stripe"}
FAY = Actor(kind="platform", id="fay", role="finance")
ANN = Actor(kind="platform", id="ann", role="finance")


class Shop:
    """A desk whose timers look at what all views say by now, each on a machine that has just started."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.app = app_of(desk)

    def look(self, *timers: type[Timer]) -> int:
        self.app.catch_up()
        return sum(timer(self.app).sweep() for timer in timers)

    def rules(self, **content: Any) -> None:
        """Publish the policy, and wait until it holds."""
        soon = self.desk.clock() + timedelta(minutes=1)
        self.desk.expect("publish_policy", key="automation", content=content, effective_from=soon)
        self.desk.clock.forward(minutes=2)

    def recorded(self, type: str) -> int:
        with self.desk.ledger.engine.connect() as connection:
            found = connection.exec_driver_sql("SELECT count(*) FROM log.events WHERE type = %s", (type,))
            return int(found.scalar_one())

    def events(self, book: int, stream: str) -> list[Event]:
        return [row.event for row in self.desk.ledger.reader.read_stream(book, stream)]

    def breaks(self) -> list[str]:
        with self.desk.ledger.engine.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT payload::json->>'kind' FROM log.events WHERE type LIKE 'break.opened' ORDER BY 1"
            )
            return [kind for (kind,) in rows]


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Shop]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        yield Shop(desk)


def held(shop: Shop, *, days: int | None = 7, amount: str = "USD 19.44") -> None:
    """An order whose payment the issuer holds, for so many days."""
    shop.desk.expect("place_order", actor=BUYER, **order_data())
    until = shop.desk.clock() + timedelta(days=days) if days else None
    said = ORDER | PAYMENT | {"amount": amount, "expires_at": until}
    shop.desk.expect("report_payment_authorised", actor=PROVIDER, **said)


def asked(shop: Shop) -> list[str]:
    """The amounts that captures were asked for."""
    book = shop.desk.ledger.directory.book_of("M-1")
    events = shop.events(book, order_stream("M-1", "O-1"))
    return [str(getattr(event, "amount")) for event in events if event.name == "payment.capture_requested"]  # noqa: B009


def of_the_first_order(command: Any) -> bool:
    return bool(command.order_id == "O-1")


class TestCaptures:
    @pytest.mark.parametrize("days", [7, None], ids=["the provider says when", "nobody says when"])
    def test_a_held_payment_is_captured_a_day_before_the_hold_lapses(self, shop: Shop, days: int | None) -> None:
        held(shop, days=days)
        shop.desk.clock.forward(days=6, seconds=-1)
        assert shop.look(Captures) == 0
        shop.desk.clock.forward(seconds=1)
        assert (shop.look(Captures), asked(shop)) == (1, ["USD 19.44"])

    def test_two_machines_ask_for_a_capture_once(self, shop: Shop) -> None:
        held(shop)
        shop.desk.clock.forward(days=6)
        assert shop.look(Captures, Captures) == 1

    def test_no_more_is_captured_than_the_order_costs(self, shop: Shop) -> None:
        held(shop, amount="USD 25.00")
        shop.desk.clock.forward(days=6)
        shop.look(Captures)
        assert asked(shop) == ["USD 19.44"]

    def test_a_part_that_is_captured_is_not_captured_again(self, shop: Shop) -> None:
        held(shop)
        reported = ORDER | PAYMENT | {"capture_ref": "ch-1", "amount": "USD 9.00"}
        shop.desk.expect("report_payment_captured", actor=PROVIDER, **reported)
        shop.desk.clock.forward(days=6)
        shop.look(Captures)
        assert asked(shop) == ["USD 10.44"]

    def test_nothing_is_captured_for_an_order_that_was_cancelled(self, shop: Shop) -> None:
        held(shop)
        shop.desk.expect("cancel_order", actor=BUYER, reason="changed_mind", **ORDER)
        shop.desk.clock.forward(days=6)
        assert shop.look(Captures) == 0

    def test_a_hold_that_has_lapsed_is_not_captured(self, shop: Shop) -> None:
        held(shop, days=3)
        shop.desk.clock.forward(days=4)
        assert shop.look(Captures) == 0

    def test_a_capture_that_failed_is_asked_for_again_an_hour_later_and_three_times_in_all(self, shop: Shop) -> None:
        held(shop, days=30)
        shop.desk.clock.forward(days=29)
        found = []
        for _ in range(5):
            found.append(shop.look(Captures))
            if found[-1]:
                shop.desk.expect("report_payment_failed", actor=PROVIDER, code="do_not_honour", amount="USD 19.44",
                                 **ORDER, **PAYMENT)  # fmt: skip
            assert shop.look(Captures) == 0, "not at once"
            shop.desk.clock.forward(hours=3)
        assert found == [1, 1, 1, 0, 0]

    def test_at_dispatch_a_payment_is_captured_once_the_carrier_has_the_parcel(self, shop: Shop) -> None:
        shop.rules(capture_when="at_dispatch")
        held(shop)
        shop.desk.clock.forward(days=6)
        assert shop.look(Captures) == 0
        sent = {"parcel_id": "P-1", "carrier": "sf", "tracking_no": "SF-1", "items": [{"line_id": "L1", "qty": 1}]}
        shop.desk.expect("report_dispatch", actor=Actor(kind="partner", id="sf", role="carrier"), **ORDER, **sent)
        assert (shop.look(Captures), asked(shop)) == (1, ["USD 19.44"])

    def test_one_order_that_fails_holds_up_no_other(self, shop: Shop) -> None:
        held(shop)
        shop.desk.expect("place_order", actor=BUYER, **order_data("O-2"))
        said = {"merchant_id": "M-1", "order_id": "O-2", "amount": "USD 19.44", "psp": "stripe", "payment_id": "pay-2"}
        shop.desk.expect("report_payment_authorised", actor=PROVIDER, **said)
        shop.desk.clock.forward(days=6)
        with failing("capture_payment", of_the_first_order):
            assert shop.look(Captures) == 1
        assert asked(shop) == []


MONDAY = datetime(2025, 4, 14, 2, tzinfo=UTC)  # 10:00 in Shanghai


class TestSettlement:
    @pytest.fixture
    def shop(self, shop: Shop) -> Shop:
        """One merchant has money, and runs start on Mondays at ten."""
        released(shop.desk)
        shop.rules(settlement_weekdays=[1], settlement_hour=10)
        return shop

    def test_a_run_starts_at_its_hour_on_its_day_and_once(self, shop: Shop) -> None:
        shop.desk.clock.now = MONDAY - timedelta(seconds=1)
        assert shop.look(Settlement) == 0
        shop.desk.clock.now = MONDAY
        assert shop.look(Settlement) > 0
        shop.desk.clock.forward(days=6)
        shop.look(Settlement, Settlement)
        assert (shop.recorded("settlement_run.started"), shop.recorded("payout.initiated")) == (1, 1)

    def test_a_run_that_nobody_could_start_at_its_hour_is_made_up_for(self, shop: Shop) -> None:
        shop.desk.clock.now = MONDAY + timedelta(days=3)
        shop.look(Settlement)
        assert shop.recorded("settlement_run.completed") == 1

    def test_two_machines_do_one_run(self, shop: Shop) -> None:
        shop.desk.clock.now = MONDAY
        shop.look(Settlement, Settlement)
        assert (shop.recorded("settlement_run.started"), shop.recorded("payout.initiated")) == (1, 1)

    def test_a_run_with_a_merchant_that_failed_is_begun_again(self, shop: Shop) -> None:
        shop.desk.clock.now = MONDAY
        with failing("initiate_payout", lambda _: True):
            shop.look(Settlement)
        assert shop.recorded("settlement_run.completed") == 0
        shop.desk.clock.forward(minutes=1)
        shop.look(Settlement)
        assert (shop.recorded("settlement_run.completed"), shop.recorded("payout.initiated")) == (1, 1)


def test_a_schedule_says_nothing_of_the_days_before_it(shop: Shop) -> None:
    released(shop.desk)
    shop.desk.clock.now = MONDAY + timedelta(days=1)
    shop.rules(settlement_weekdays=[1], settlement_hour=10)
    shop.look(Settlement)
    assert shop.recorded("settlement_run.started") == 0


class TestMonthEnd:
    """March has postings, and it is April."""

    @pytest.fixture
    def shop(self, shop: Shop) -> Shop:
        at = datetime(2025, 3, 20, tzinfo=UTC)
        unmatched = ORDER | PAYMENT | {"capture_ref": "ch-9", "amount": "USD 50.00"}
        shop.desk.expect("report_payment_captured", actor=PROVIDER, at=at, **unmatched)
        rate: dict[str, Any] = {"pair": "USD/CNY", "rate": "7.3000", "kind": "book", "provider": "test"}
        shop.desk.expect("record_fx_rate", as_of="2025-03-31", **rate)
        return shop

    def test_the_month_is_revalued_on_the_third_and_its_closing_is_asked_for(self, shop: Shop) -> None:
        shop.desk.clock.now = datetime(2025, 4, 2, 15, 59, tzinfo=UTC)
        assert shop.look(MonthEnd) == 0
        shop.desk.clock.forward(minutes=1)
        shop.look(MonthEnd)
        assert (shop.recorded("fx.revaluation_posted"), shop.breaks()) == (1, ["closing_due"])

    def test_two_machines_revalue_it_once(self, shop: Shop) -> None:
        shop.desk.clock.now = datetime(2025, 4, 3, tzinfo=UTC)
        shop.look(MonthEnd, MonthEnd)
        shop.desk.clock.forward(days=1)
        shop.look(MonthEnd, MonthEnd)
        assert (shop.recorded("fx.revaluation_posted"), shop.breaks()) == (1, ["closing_due"])

    def test_late_facts_are_revalued_on_the_next_day(self, shop: Shop) -> None:
        shop.desk.clock.now = datetime(2025, 4, 3, tzinfo=UTC)
        shop.look(MonthEnd)
        late = ORDER | PAYMENT | {"capture_ref": "ch-10", "amount": "USD 10.00"}
        shop.desk.expect("report_payment_captured", actor=PROVIDER, at=datetime(2025, 3, 30, tzinfo=UTC), **late)
        shop.desk.clock.forward(days=1)
        shop.look(MonthEnd)
        assert shop.recorded("fx.revaluation_posted") == 2

    def test_nothing_is_asked_of_a_closed_month(self, shop: Shop) -> None:
        shop.desk.clock.now = datetime(2025, 4, 3, tzinfo=UTC)
        closing = PeriodClose(shop.desk.ledger, shop.desk.bus)
        closing.approve(closing.propose_close("2025-03", by=FAY).command_id, by=ANN)
        assert shop.look(MonthEnd) == 0

    def test_the_reminder_of_a_closing_is_over_once_it_is_closed(self, shop: Shop) -> None:
        shop.desk.clock.now = datetime(2025, 4, 3, tzinfo=UTC)
        shop.look(MonthEnd)
        closing = PeriodClose(shop.desk.ledger, shop.desk.bus)
        closing.approve(closing.propose_close("2025-03", by=FAY).command_id, by=ANN)
        assert (shop.breaks(), shop.recorded("break.resolved")) == (["closing_due"], 1)

    def test_an_approved_closing_that_was_cut_off_is_finished(self, shop: Shop) -> None:
        shop.desk.clock.now = datetime(2025, 4, 3, tzinfo=UTC)
        proposed = PeriodClose(shop.desk.ledger, shop.desk.bus).propose_close("2025-03", by=FAY)
        about = {"in_stream": periods_stream(), "proposal_id": proposed.command_id}
        shop.desk.expect("approve_proposal", actor=ANN, **about)
        assert shop.look(Closings, Closings) == 1
        assert not PeriodClose(shop.desk.ledger, shop.desk.bus).unfinished


def test_a_month_without_postings_is_not_asked_for(shop: Shop) -> None:
    shop.desk.clock.now = datetime(2025, 4, 5, tzinfo=UTC)
    assert shop.look(MonthEnd) == 0


def test_every_step_has_its_switch() -> None:
    """Payouts are submitted by the sending of instructions, and have a switch of their own."""
    assert sorted(STEPS) == sorted([*(timer.name for timer in TIMERS), Sending.name, "payouts"])


def test_a_step_that_is_switched_off_is_not_taken(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    swept: list[str] = []

    def sweep(timer: Timer) -> int:
        swept.append(timer.name)
        return 0

    monkeypatch.setattr(Timer, "sweep", sweep)
    off: list[Step] = ["captures", "releases", "month_end"]
    shop.rules(off=off)
    TimerWorker(shop.app).sweep()
    assert set(STEPS) - set(swept) == {*off, "sending", "payouts"}, "nobody is asked where there are no partners"
