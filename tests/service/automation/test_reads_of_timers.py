"""Timers read what is due or new: a ledger in which more waits costs a look no more statements and no more rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from service.automation.captures import Captures
from service.loops.timer import Timer
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.read_tally import counted
from tests.support.sales import BUYER, PROVIDER, merchant_ready, order_data
from tests.support.shops import app_of


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        yield desk


def read_by(desk: Desk, timer: Timer) -> tuple[int, int]:
    """The statements and rows of a look after another one, once all views hold the log."""
    timer.app.catch_up()
    timer.sweep()
    with counted(desk.ledger.engine) as tally:
        timer.sweep()
    return tally.both


def held(desk: Desk, order_id: str, *, days: int) -> dict[str, str]:
    """An order whose payment the issuer holds, for so many days."""
    desk.expect("place_order", actor=BUYER, **order_data(order_id))
    said = {"merchant_id": "M-1", "order_id": order_id, "payment_id": f"pay-{order_id}", "psp": "stripe"}
    until = desk.clock() + timedelta(days=days)
    desk.expect("report_payment_authorised", actor=PROVIDER, amount="USD 19.44", expires_at=until, **said)
    return said


class TestCaptures:
    def test_holds_that_lapse_later_are_not_read(self, desk: Desk) -> None:
        held(desk, "O-1", days=7)
        timer = Captures(app_of(desk))
        before = read_by(desk, timer)
        for number in range(2, 8):
            held(desk, f"O-{number}", days=7)
        assert read_by(desk, timer) == before

    def test_captures_that_wait_for_their_answer_are_not_read(self, desk: Desk) -> None:
        timer = Captures(app_of(desk))
        before = read_by(desk, timer)
        for number in range(6):
            held(desk, f"O-{number}", days=1)
        timer.app.catch_up()
        assert (timer.sweep(), read_by(desk, timer)) == (6, before)

    def test_captures_whose_attempts_are_used_up_are_not_read(self, desk: Desk) -> None:
        timer = Captures(app_of(desk))
        before = read_by(desk, timer)
        about = held(desk, "O-1", days=1)
        for attempt in range(3):
            timer.app.catch_up()
            assert timer.sweep() == 1
            failed = about | {"amount": "USD 19.44", "code": "do_not_honour"}
            desk.expect("report_payment_failed", actor=PROVIDER, **failed)
            desk.clock.forward(hours=2**attempt)
        assert read_by(desk, timer) == before

    def test_an_order_whose_capture_came_back_is_paid_from_another_hold(self, desk: Desk) -> None:
        first = held(desk, "O-1", days=1)
        other = first | {"payment_id": "pay-2", "amount": "USD 19.44", "expires_at": desk.clock() + timedelta(days=1)}
        taken = first | {"capture_ref": "ch-1", "amount": "USD 19.44"}
        desk.expect("report_payment_captured", actor=PROVIDER, **taken)
        desk.expect("report_payment_authorised", actor=PROVIDER, **other)
        desk.expect("report_payment_failed", actor=PROVIDER, code="fraudulent", **taken)
        timer = Captures(app_of(desk))
        timer.app.catch_up()
        assert timer.sweep() == 1
