"""Money asked of the past: by a day, or as it was known at an instant; what was reported later explains the
difference."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.actors import Actor
from projections.balances.balances import NOW, AsOf
from projections.balances.payouts import payouts
from projections.reconciliation.instructions import open_instructions
from projections.worklists.proposals import proposals
from service.app import App
from service.finance.reconciliation import mismatches
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.payments import settled_line, settles
from tests.support.sales import BUYER, PROVIDER, merchant_ready, order_data, paid, released
from tests.support.shops import app_of

PAYOUT: dict[str, Any] = {"merchant_id": "M-1", "payout_id": "P-1"}
ORDER: dict[str, Any] = {"merchant_id": "M-1", "order_id": "O-1"}
OTHER = Actor(kind="platform", id="ann", role="finance")
BANK = Actor(kind="partner", id="bank", role="service")


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A merchant whose order is released."""
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        released(desk)
        yield desk


def now(desk: Desk) -> datetime:
    """An instant behind all that is recorded, on the database's clock."""
    with desk.ledger.engine.connect() as connection:
        found: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        return found


def app(desk: Desk) -> App:
    opened = app_of(desk)
    opened.catch_up()
    return opened


def states(desk: Desk, timepoint: AsOf = NOW, **asked: Any) -> list[str]:
    return [row.state for row in payouts(app(desk).views, timepoint, **asked)]


def kinds(desk: Desk, timepoint: AsOf = NOW) -> list[str]:
    return [each.kind for each in mismatches(app(desk), timepoint)]


def test_a_payout_has_the_state_that_was_known(desk: Desk) -> None:
    before = now(desk)
    desk.expect("initiate_payout", **PAYOUT)
    meanwhile = now(desk)
    desk.expect("report_payout_paid", actor=BANK, **PAYOUT)
    assert [states(desk, AsOf(as_known_at=at)) for at in (before, meanwhile)] == [[], ["initiated"]]
    assert states(desk) == ["paid"]


def test_a_payout_has_the_state_of_the_day(desk: Desk) -> None:
    initiated_on: date = desk.clock().date()
    desk.expect("initiate_payout", **PAYOUT)
    desk.clock.forward(days=2)
    desk.expect("report_payout_paid", actor=BANK, **PAYOUT)
    days = (initiated_on - timedelta(days=1), initiated_on, initiated_on + timedelta(days=2))
    assert [states(desk, AsOf(as_of=day)) for day in days] == [[], ["initiated"], ["paid"]]
    assert states(desk, AsOf(as_of=initiated_on), state="paid") == []


def test_a_break_that_was_resolved_since_was_open_as_it_was_known(desk: Desk) -> None:
    wrong = {"payment_id": "pay-O-1", "psp": "stripe", "capture_ref": "ch-O-1", "amount": "USD 19.45"}
    desk.expect("report_payment_captured", actor=PROVIDER, **wrong, **ORDER)
    (open_,) = (each for each in mismatches(app(desk)) if each.kind == "amount_mismatch")
    meanwhile = now(desk)
    about = {"in_stream": "order/M-1/O-1", "break_id": open_.reference}
    desk.expect("resolve_break", resolution="explained", reason="provider_corrected", **about)
    assert "amount_mismatch" in kinds(desk, AsOf(as_known_at=meanwhile))
    assert "amount_mismatch" not in kinds(desk)


def test_a_capture_that_was_settled_since_was_missing_as_it_was_known(desk: Desk) -> None:
    desk.clock.forward(days=30)
    meanwhile = now(desk)
    settled_on: date = desk.clock().date()
    reported = settles(settled_line("ch-O-1", "USD 19.44", "USD 0.00", "USD 19.44"))
    desk.expect("report_psp_settlement", actor=PROVIDER, **reported, **ORDER)
    assert "psp_line_missing" not in kinds(desk)
    assert "psp_line_missing" in kinds(desk, AsOf(as_of=settled_on - timedelta(days=1)))
    then = AsOf(as_of=settled_on, as_known_at=meanwhile)
    assert "psp_line_missing" in kinds(desk, then)


def test_a_payout_the_bank_has_not_shown_was_not_expected_before_it_was_initiated(desk: Desk) -> None:
    before = now(desk)
    desk.expect("initiate_payout", **PAYOUT)
    late = desk.clock().date() + timedelta(days=30)
    assert "bank_line_missing" in kinds(desk, AsOf(as_of=late))
    assert "bank_line_missing" not in kinds(desk, AsOf(as_of=late, as_known_at=before))


def test_an_order_that_was_not_paid_yet_has_nothing_to_be_settled(desk: Desk) -> None:
    before = now(desk)
    paid(desk, "O-2")
    late = AsOf(as_of=desk.clock().date() + timedelta(days=30), as_known_at=before)
    references = [each.reference for each in mismatches(app(desk), late)]
    assert references == ["stripe ch-O-1"]


@pytest.mark.parametrize("reported", ["report_payout_failed", "report_payout_returned"])
def test_a_payout_says_why_it_came_to_nothing_once_that_was_known(desk: Desk, reported: str) -> None:
    desk.expect("initiate_payout", **PAYOUT)
    meanwhile = now(desk)
    desk.expect(reported, actor=BANK, code="AC04", **PAYOUT)
    (row,), (then,) = (payouts(app(desk).views, timepoint) for timepoint in (NOW, AsOf(as_known_at=meanwhile)))
    assert (row.code, then.code) == ("AC04", "")


def test_a_payout_that_was_paid_after_all_has_no_code(desk: Desk) -> None:
    desk.expect("initiate_payout", **PAYOUT)
    desk.expect("report_payout_paid", actor=BANK, **PAYOUT)
    assert [row.code for row in payouts(app(desk).views)] == [""]


def proposed(desk: Desk, timepoint: AsOf = NOW, **asked: Any) -> list[tuple[str, str]]:
    return [(row.proposal_id, row.state) for row in proposals(app(desk).views, timepoint=timepoint, **asked)]


def propose(desk: Desk) -> None:
    lines = [
        {"account": "5130", "side": "debit", "amount": "CNY 3.00"},
        {"account": "1010", "side": "credit", "amount": "CNY 3.00"},
    ]
    data = {"adjustment_id": "A-1", "lines": lines}
    desk.expect("propose", proposal_id="P-1", command="post_adjustment", data=data, reason="found")


def decide(desk: Desk) -> None:
    desk.expect("approve_proposal", actor=OTHER, in_stream="adjustment/A-1", proposal_id="P-1")


def test_what_two_people_agreed_on_since_waited_as_it_was_known(desk: Desk) -> None:
    before = now(desk)
    propose(desk)
    meanwhile = now(desk)
    decide(desk)
    assert [proposed(desk, AsOf(as_known_at=at)) for at in (before, meanwhile)] == [[], [("P-1", "proposed")]]
    assert (proposed(desk), proposed(desk, state="approved")) == ([], [("P-1", "approved")])
    assert proposed(desk, AsOf(as_known_at=meanwhile), state="approved") == []


def test_a_proposal_has_the_state_of_the_day(desk: Desk) -> None:
    day: date = desk.clock().date()
    propose(desk)
    desk.clock.forward(days=2)
    decide(desk)
    days = (day - timedelta(days=1), day, day + timedelta(days=2))
    assert [proposed(desk, AsOf(as_of=each), state=None) for each in days] == [
        [], [("P-1", "proposed")], [("P-1", "approved")],
    ]  # fmt: skip


def asked_for(desk: Desk, timepoint: AsOf = NOW) -> list[tuple[str, str]]:
    return [(each.kind, str(each.amount)) for each in open_instructions(app(desk).views, timepoint)]


def test_what_was_answered_since_was_asked_for_as_it_was_known(desk: Desk) -> None:
    before = now(desk)
    desk.expect("initiate_payout", **PAYOUT)
    meanwhile = now(desk)
    desk.expect("report_payout_paid", actor=BANK, **PAYOUT)
    asked = [asked_for(desk, AsOf(as_known_at=at)) for at in (before, meanwhile)]
    assert asked == [[], [("payout", "CNY 133.00")]]
    assert asked_for(desk) == []


def test_what_is_asked_for_is_answered_on_a_day(desk: Desk) -> None:
    day: date = desk.clock().date()
    desk.expect("initiate_payout", **PAYOUT)
    desk.clock.forward(days=2)
    desk.expect("report_payout_paid", actor=BANK, **PAYOUT)
    days = (day - timedelta(days=1), day, day + timedelta(days=1), day + timedelta(days=2))
    assert [len(asked_for(desk, AsOf(as_of=each))) for each in days] == [0, 1, 1, 0]
    assert asked_for(desk, AsOf(as_of=day + timedelta(days=9))) == asked_for(desk)


def test_of_two_captures_that_are_asked_for_one_was_answered_since(desk: Desk) -> None:
    data = order_data("O-2")
    desk.expect("place_order", actor=BUYER, **data)
    names = {"merchant_id": "M-1", "order_id": "O-2", "payment_id": "pay-2"}
    desk.expect("report_payment_authorised", actor=PROVIDER, psp="stripe", amount=data["buyer_total"], **names)
    for amount in ("USD 9.44", "USD 10.00"):
        desk.expect("capture_payment", amount=amount, **names)
    meanwhile = now(desk)
    desk.expect("report_payment_captured", actor=PROVIDER, psp="stripe", capture_ref="c-1", amount="USD 9.44", **names)
    both = [("capture", "USD 9.44"), ("capture", "USD 10.00")]
    assert (asked_for(desk, AsOf(as_known_at=meanwhile)), asked_for(desk)) == (both, both[1:])
