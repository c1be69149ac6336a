"""Approved refunds go to their providers without anybody, again after a failure; a stuck one calls a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.actors import Actor
from ledger.events.refunds import RefundSubmitted
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.ids import order_stream
from ledger.policies.automation import Automation
from projections.engine.views import Views
from projections.reconciliation.instructions import Instructions
from projections.worklists.refunds_due import RefundsDue
from projections.worklists.refunds_to_submit import RefundsToSubmit
from service.app import App
from service.automation.overdue_answers import Stuck
from service.automation.refunds import Refunds
from service.loops.timer import Timer
from service.settings import Settings
from service.unsent_refunds import UnsentRefund, kept_back
from tests.support.buses import IMPORTER, Desk, open_desk, publish_programme
from tests.support.sales import merchant_ready, paid

NAMES: dict[str, Any] = {"merchant_id": "M-1", "order_id": "O-1"}
OWNER = Actor(kind="merchant", id="mei", role="merchant", scope="M-1")
SERVICE_DESK = Actor(kind="platform", id="cs", role="platform_cs")
PARTNER = Actor(kind="partner", id="stripe", role="service")
BUYER = Actor(kind="buyer", id="B-1", role="buyer")
_HOUR = timedelta(hours=1)
VIEWS = (RefundsDue(), RefundsToSubmit(), Instructions())


class Shop:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.app = App(Settings(), desk.ledger, desk.bus, Views(desk.ledger.engine, desk.ledger.reader), desk.clock)

    def look(self, *timers: type[Timer]) -> int:
        """Returns the events that one look of new timers records."""
        self.app.catch_up(VIEWS)
        return sum(timer(self.app).sweep() for timer in timers)

    def events(self, kind: type) -> list[Any]:
        book = self.desk.ledger.directory.book_of("M-1")
        rows = self.desk.ledger.reader.read_stream(book, order_stream("M-1", "O-1"))
        return [row.event for row in rows if isinstance(row.event, kind)]

    def stuck(self) -> list[str]:
        return [each.kind for each in self.events(ReconciliationBreakOpened)]

    @property
    def unsent(self) -> list[UnsentRefund]:
        self.app.catch_up(VIEWS)
        return kept_back(self.app, self.desk.clock(), limit=50, views=self.app.views)

    def kept_by(self) -> list[tuple[str, str]]:
        return [(each.kept_by, each.refusal) for each in self.unsent]

    def fails(self) -> None:
        (*_, last) = self.events(RefundSubmitted)
        reported = {"attempt_id": last.attempt_id, "psp": last.psp, "amount": last.amount}
        said = {"outcome": "failed", "psp_refund_ref": f"re-{last.attempt_id}", "code": "card_closed"}
        self.desk.expect("report_refund_outcome", actor=PARTNER, at=self.desk.clock(), **NAMES, **reported, **said)

    def answered(self) -> None:
        (*_, last) = self.events(RefundSubmitted)
        reported = {"attempt_id": last.attempt_id, "psp": last.psp, "amount": last.amount}
        said = {"outcome": "succeeded", "psp_refund_ref": f"re-{last.attempt_id}"}
        self.desk.expect("report_refund_outcome", actor=PARTNER, at=self.desk.clock(), **NAMES, **reported, **said)


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Shop]:
    """An order that was paid and is asked back, and both rounds said yes."""
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        paid(desk)
        desk.expect("request_refund", actor=BUYER, refund_id="R-1", reason="changed_mind", **NAMES)
        desk.expect("approve_refund", actor=OWNER, refund_id="R-1", round=1, **NAMES)
        desk.expect("approve_refund", actor=SERVICE_DESK, refund_id="R-1", round=2, **NAMES)
        yield Shop(desk)


def test_an_approved_refund_is_submitted(shop: Shop) -> None:
    assert shop.look(Refunds) == 1
    assert len(shop.events(RefundSubmitted)) == 1


def test_two_machines_submit_a_refund_once(shop: Shop) -> None:
    assert shop.look(Refunds, Refunds) == 1
    shop.desk.clock.forward(hours=5)
    assert shop.look(Refunds, Refunds) == 0


def test_a_refund_that_failed_is_submitted_again_an_hour_later_and_then_two(shop: Shop) -> None:
    shop.look(Refunds)
    for hours in (1, 2):
        shop.fails()
        shop.desk.clock.forward(hours=hours, seconds=-1)
        assert shop.look(Refunds) == 0
        shop.desk.clock.forward(seconds=1)
        assert shop.look(Refunds) == 1


def test_a_refund_is_tried_no_more_often_than_the_policy_says(shop: Shop) -> None:
    shop.look(Refunds)
    for _ in range(3):
        shop.fails()
        shop.desk.clock.forward(days=1)
        shop.look(Refunds)
    assert len(shop.events(RefundSubmitted)) == 3


@pytest.mark.parametrize("failed", [False, True])
def test_a_refund_that_is_not_paid_after_three_days_is_a_break(shop: Shop, failed: bool) -> None:
    shop.look(Refunds)
    if failed:
        shop.fails()
    shop.desk.clock.forward(days=3, seconds=-1)
    shop.look(Stuck)
    assert shop.stuck() == []
    shop.desk.clock.forward(seconds=1)
    shop.look(Stuck, Stuck)
    assert shop.stuck() == ["refund_stuck"]


def test_a_refund_that_nobody_submits_is_a_break_too(shop: Shop) -> None:
    shop.desk.clock.forward(days=3)
    shop.look(Stuck)
    assert shop.stuck() == ["refund_stuck"]


def test_a_refund_that_is_paid_is_not_stuck(shop: Shop) -> None:
    shop.look(Refunds)
    shop.answered()
    shop.desk.clock.forward(days=30)
    assert shop.look(Stuck) == 0


def test_a_view_that_lags_makes_no_break_of_a_paid_refund(shop: Shop) -> None:
    shop.look(Refunds)
    shop.answered()
    shop.desk.clock.forward(days=4)
    assert Stuck(shop.app).sweep() == 0
    assert shop.stuck() == []


def test_a_capture_that_the_provider_does_not_answer_is_a_break(shop: Shop) -> None:
    held = {"payment_id": "PAY-2", "psp": "stripe", "psp_ref": "pi_2", "amount": "USD 5.00"}
    shop.desk.expect("report_payment_authorised", actor=PARTNER, at=shop.desk.clock(), **NAMES, **held)
    shop.desk.expect("capture_payment", payment_id="PAY-2", **NAMES)
    shop.look(Refunds)
    shop.answered()
    shop.desk.clock.forward(days=3)
    shop.look(Stuck)
    assert shop.stuck()[-1] == "capture_stuck"


def test_a_refund_that_waits_for_the_timer_is_unsent_and_kept_by_nothing(shop: Shop) -> None:
    assert shop.kept_by() == [("nothing", "")]
    shop.look(Refunds)
    assert shop.kept_by() == []


def test_a_failed_refund_is_unsent_until_its_next_attempt_and_for_good_after_the_last(shop: Shop) -> None:
    for hours in (1, 2):
        shop.look(Refunds)
        shop.fails()
        (row,) = shop.unsent
        assert (row.kept_by, row.failures, row.next_at) == ("next_attempt", hours, shop.desk.clock() + hours * _HOUR)
        shop.desk.clock.forward(hours=hours)
    shop.look(Refunds)
    shop.fails()
    assert shop.kept_by() == [("attempts_used_up", "")]
    shop.desk.expect("submit_refund", refund_id="R-1", **NAMES)
    assert shop.kept_by() == [], "a person may send it all the same"


def test_a_refund_that_the_ledger_refuses_to_send_says_why(shop: Shop) -> None:
    about = {"psp": "stripe", "dispute_id": "D-1", "capture_ref": "ch-O-1", "stage": "chargeback"}
    opened = about | {"reason": "product_unacceptable", "amount": "USD 19.44"}
    shop.desk.expect("report_dispute_opened", actor=PARTNER, at=shop.desk.clock(), **opened, **NAMES)
    (row,) = shop.unsent
    assert (row.kept_by, row.refusal, "D-1" in row.reason) == ("refusal", "DISPUTE_OPEN", True)


def test_where_refunds_are_switched_off_each_is_kept_by_the_switch(shop: Shop) -> None:
    content, now = Automation(off=("refunds",)).model_dump(mode="json"), shop.desk.clock()
    shop.desk.expect("publish_policy", actor=IMPORTER, at=now, key="automation", content=content, effective_from=now)
    assert shop.kept_by() == [("automation_off", "")]


def test_unsent_refunds_are_listed_a_page_at_a_time_the_longest_waiting_first(shop: Shop) -> None:
    paid(shop.desk, "O-2")
    shop.desk.clock.forward(hours=1)
    about = NAMES | {"order_id": "O-2", "refund_id": "R-2"}
    shop.desk.expect("request_refund", actor=BUYER, reason="changed_mind", **about)
    shop.desk.expect("approve_refund", actor=OWNER, round=1, **about)
    shop.desk.expect("approve_refund", actor=SERVICE_DESK, round=2, **about)
    whole = shop.unsent
    assert [each.refund_id for each in whole] == ["R-1", "R-2"]
    key = (whole[0].since, whole[0].stream, whole[0].refund_id)
    assert kept_back(shop.app, shop.desk.clock(), limit=1, after=key, views=shop.app.views) == whole[1:]
