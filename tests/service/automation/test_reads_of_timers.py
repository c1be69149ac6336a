"""Timers read what is due or new: a ledger in which more waits costs a look no more statements and no more rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from projections.reconciliation.instructions import Instructions
from service.automation.captures import Captures
from service.automation.refunds import Refunds
from service.automation.unmatched_facts import WaitingFacts
from service.automation.unmatched_scans import UnmatchedScans
from service.automation.waiting_lines import WaitingLines
from service.loops.timer import Timer
from service.partners.ports import Partners
from service.partners.sender import Sending
from tests.service.automation.test_waiting_lines import imported
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.faults import failing
from tests.support.read_tally import counted
from tests.support.sales import BUYER, CARRIER, PROVIDER, merchant_ready, order_data, paid
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
    policies = desk.bus.reference()  # read anew every half second of the real clock, so perhaps during the look
    with patch.object(desk.bus, "reference", return_value=policies), counted(desk.ledger.engine) as tally:
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


class TestSending:
    def test_instructions_that_nobody_answers_are_not_read_before_their_wait_is_over(self, desk: Desk) -> None:
        timer = Sending(app_of(desk), Partners())
        before = read_by(desk, timer)
        for number in range(6):
            about = held(desk, f"O-{number}", days=7)
            desk.expect("capture_payment", **{name: about[name] for name in ("merchant_id", "order_id", "payment_id")})
        assert read_by(desk, timer) == before

    def test_only_the_instruction_whose_wait_is_over_is_read(self, desk: Desk) -> None:
        timer = Sending(app_of(desk), Partners())
        for number in range(6):
            about = held(desk, f"O-{number}", days=7)
            desk.expect("capture_payment", **{name: about[name] for name in ("merchant_id", "order_id", "payment_id")})
        read_by(desk, timer)
        idle = read_by(desk, timer)
        about = held(desk, "O-9", days=7)
        desk.expect("capture_payment", **{name: about[name] for name in ("merchant_id", "order_id", "payment_id")})
        timer.app.catch_up([Instructions()])
        timer.sweep()  # the six wait for a second and the last one too
        desk.clock.forward(milliseconds=500)
        assert read_by(desk, timer) == idle


class TestRefunds:
    def test_refunds_that_wait_for_their_provider_are_not_read(self, desk: Desk) -> None:
        timer = Refunds(app_of(desk))
        before = read_by(desk, timer)
        for number in range(6):
            paid(desk, f"O-{number}")
            about = {"merchant_id": "M-1", "order_id": f"O-{number}", "refund_id": f"R-{number}"}
            desk.expect("cancel_order", actor=BUYER, reason="changed_mind", **about)
        timer.app.catch_up()
        assert (timer.sweep(), read_by(desk, timer)) == (6, before)


def noted(desk: Desk, name: str, *, kind: str = "psp_dispute_opened") -> None:
    """A provider's fact about a reference."""
    about = {"system": "stripe", "reference": f"dp-{name}", "kind": kind, "refs": {"named": f"dp-{name},{name}"}}
    desk.expect("report_unmatched_fact", actor=PROVIDER, body={"said": {}}, **about)


def line(desk: Desk, name: str) -> None:
    """A line of a settlement report about a capture that nobody knows."""
    amounts, rest = "USD,19.44,0.86,18.58", "2025-04-10,DEP-1"
    imported(
        app_of(desk),
        f"B-{name},bt-{name},charge,{name},,,{amounts},7.1500,,{rest}",
        f"B-{name},1,total,,,,{amounts},,132.85,{rest}",
    )


def handed_over(desk: Desk, order_id: str) -> None:
    """A parcel of an order under the number SF-1, which carriers give out again."""
    desk.expect("place_order", actor=BUYER, **order_data(order_id))
    said = {"merchant_id": "M-1", "order_id": order_id, "parcel_id": "P-1", "carrier": "SF", "tracking_no": "SF-1"}
    desk.expect("report_dispatch", actor=CARRIER, at=desk.clock(), items=[{"line_id": "A", "qty": 1}], **said)


def scanned(desk: Desk, name: str) -> None:
    """A scan of which only the number is known."""
    said = {"system": "post", "reference": name, "kind": "tracking", "refs": {"tracking_no": "SF-1"}}
    desk.expect("report_unmatched_fact", actor=CARRIER, body={"milestone": "departed"}, **said)


class TestUnmatchedScans:
    def test_scans_whose_number_several_parcels_have_are_read_once(self, desk: Desk) -> None:
        timer = UnmatchedScans(app_of(desk))
        before = read_by(desk, timer)
        for order_id in ("O-1", "O-2"):
            handed_over(desk, order_id)
        for number in range(6):
            scanned(desk, f"r-{number}")
        assert read_by(desk, timer) == before


class TestWaitingItems:
    def test_facts_of_unknown_references_are_not_read(self, desk: Desk) -> None:
        timer = WaitingFacts(app_of(desk))
        before = read_by(desk, timer)
        for number in range(6):
            noted(desk, f"ch-{number}")
        assert read_by(desk, timer) == before

    def test_lines_of_unknown_references_are_not_read(self, desk: Desk) -> None:
        timer = WaitingLines(app_of(desk))
        before = read_by(desk, timer)
        for number in range(6):
            line(desk, f"ch-{number}")
        assert read_by(desk, timer) == before

    def test_facts_of_references_that_several_orders_share_are_read_once(self, desk: Desk) -> None:
        timer = WaitingFacts(app_of(desk))
        before = read_by(desk, timer)
        for order_id in ("O-1", "O-2"):
            desk.expect("place_order", actor=BUYER, **order_data(order_id))
            about = {"merchant_id": "M-1", "order_id": order_id, "payment_id": "pay-1", "psp": "stripe"}
            desk.expect("report_payment_captured", actor=PROVIDER, capture_ref="ch-1", amount="USD 19.44", **about)
        for number in range(6):
            about = {"system": "stripe", "reference": f"dp-{number}", "kind": "psp_dispute_opened"}
            desk.expect("report_unmatched_fact", actor=PROVIDER, refs={"named": f"dp-{number},ch-1"}, body={}, **about)
        assert read_by(desk, timer) == before

    def test_a_fact_behind_many_others_is_matched_once_its_capture_is_known(self, desk: Desk) -> None:
        timer = WaitingFacts(app_of(desk))
        for number in range(6):
            noted(desk, f"ch-{number}")
        noted(desk, "ch-O-1")
        read_by(desk, timer)
        paid(desk)
        timer.app.catch_up()
        assert timer.sweep() == 1

    def test_a_fact_that_failed_is_tried_again_when_its_time_has_come(self, desk: Desk) -> None:
        timer = WaitingFacts(app_of(desk))
        paid(desk)
        noted(desk, "ch-O-1")
        timer.app.catch_up()
        with failing("mark_fact_matched", lambda _: True):
            assert timer.sweep() == 0
        desk.clock.forward(seconds=5)
        assert timer.sweep() == 1
