"""Providers' messages find their orders, in whatever order and however often they come; no cent is reported twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from commands.bus.outcome import Outcome
from commands.unmatched.match_payment import Part
from ledger.actors import Actor
from ledger.money import Money
from projections.worklists.exceptions import exceptions
from service.adapters.psp.stripe_events import read_event
from service.automation.unmatched_facts import WaitingFacts
from service.intake.messages import RateNotKnown, record_facts
from service.unmatched.payment_matches import PaymentMatcher
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.sales import BUYER, merchant_ready, order_data, paid
from tests.support.shops import app_of

FINANCE = Actor(kind="platform", id="fang", role="finance")
NAMED = {"merchant_id": "M-1", "order_id": "O-1"}


class Wire:
    """Stripe's messages into a ledger; every one has a name of its own unless it is said again."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.app = desk, app_of(desk)
        self._numbers = count(1)

    def submit(self, type: str, object: str, id: str, *, event_id: str = "", **said: Any) -> Outcome | None:
        self.app.catch_up()
        found = {"object": object, "id": id, "currency": "usd"} | said
        created = int(datetime(2025, 4, 1, 8, tzinfo=UTC).timestamp())
        event = {"id": event_id or f"evt_{next(self._numbers)}", "type": type, "created": created}
        outcomes = record_facts(self.app, [read_event(event | {"data": {"object": found}})])
        self.app.catch_up()
        return outcomes[0] if outcomes else None

    def captured(self, id: str = "ch_1", amount: int = 1944, **said: Any) -> Outcome | None:
        return self.submit("charge.captured", "charge", id, captured=True, amount=amount, payment_intent="pi_1", **said)

    def dispute(self, type: str = "created", **said: Any) -> Outcome | None:
        about: dict[str, Any] = {
            "charge": "ch_1",
            "amount": 1944,
            "status": "needs_response",
            "reason": "product_unacceptable",
        }
        return self.submit(f"charge.dispute.{type}", "dispute", "dp_1", **(about | said))

    def rows(self) -> Iterator[Any]:
        for book in self.desk.ledger.reader.heads():
            yield from self.desk.ledger.reader.read(book, 0, 1000)

    def events(self, type: str) -> list[Any]:
        return [row.event for row in self.rows() if row.type == type]

    def usd(self, account: str) -> int:
        lines = [line for row in self.rows() for line in row.lines]
        return sum(line["amount"] for line in lines if (line["account"], line["currency"]) == (account, "USD"))

    def waiting(self) -> list[str]:
        return [row.actual for row in exceptions(self.app.views, kind="unmatched")]

    def breaks(self) -> Counter[str]:
        return Counter(event.kind for event in self.events("break.opened"))


@pytest.fixture
def wire(database_url: str, tmp_path: Path) -> Iterator[Wire]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        yield Wire(desk)


def place(wire: Wire, *orders: str) -> None:
    for order in orders or ("O-1",):
        wire.desk.expect("place_order", actor=BUYER, **order_data(order))


def shared(wire: Wire) -> None:
    """One charge pays for two orders of USD 19.44 each."""
    place(wire, "O-1", "O-2")
    wire.captured(amount=3888)
    parts = [Part(merchant_id="M-1", order_id=order, amount=Money(1944, "USD")) for order in ("O-1", "O-2")]
    PaymentMatcher(wire.desk.ledger, wire.desk.bus).match("stripe", "ch_1", parts, actor=FINANCE, id="r-1")


class TestACapture:
    def test_reported_three_times_under_two_names_answers_with_one_event(self, wire: Wire) -> None:
        """Acceptance scenario 2, by the messages themselves."""
        place(wire)
        answers = [wire.captured(metadata=NAMED, event_id=name) for name in ("evt_a", "evt_a", "evt_b")]
        assert len({(answer.status, answer.book, answer.first) for answer in answers if answer}) == 1
        assert [answer.repeated for answer in answers if answer] == [False, True, True]
        assert wire.usd("1110") == 1944

    def test_over_more_than_the_order_costs_is_a_break_beside_its_money(self, wire: Wire) -> None:
        place(wire)
        wire.captured(metadata=NAMED)
        wire.captured(amount=1945, metadata=NAMED)
        assert (wire.usd("1110"), wire.breaks()) == (1945, {"unexpected_capture": 1})

    def test_in_two_steps_pays_for_the_order_once_both_are_reported(self, wire: Wire) -> None:
        place(wire)
        charge: dict[str, Any] = {"amount": 1944, "payment_intent": "pi_1", "metadata": NAMED}
        wire.submit("charge.succeeded", "charge", "ch_1", **charge, captured=False, amount_captured=0)
        wire.submit("charge.captured", "charge", "ch_1", **charge, captured=True, amount_captured=1000)
        assert (wire.usd("1110"), wire.events("order.confirmed")) == (1000, [])
        wire.submit("charge.updated", "charge", "ch_1", **charge, captured=True, amount_captured=1944)
        assert (wire.usd("1110"), len(wire.events("order.confirmed")), wire.breaks()) == (1944, 1, {})

    def test_that_its_payment_intent_reports_too_is_the_same_capture(self, wire: Wire) -> None:
        place(wire)
        wire.captured(amount=1000, metadata=NAMED)
        intent: dict[str, Any] = {"latest_charge": "ch_1", "metadata": NAMED}
        for received in (1000, 1944):
            wire.submit("payment_intent.succeeded", "payment_intent", "pi_1", **intent, amount_received=received)
        assert (wire.usd("1110"), len(wire.events("payment.captured")), wire.breaks()) == (1944, 2, {})

    def test_whose_first_step_waits_goes_to_the_order_that_the_second_names_with_both(self, wire: Wire) -> None:
        wire.captured(amount=1000)
        place(wire)
        wire.captured(amount=1944, metadata=NAMED)
        assert (wire.usd("1110"), wire.usd("2220"), wire.waiting()) == (1944, 0, [])

    def test_of_a_checkout_that_grows_is_for_somebody_to_share(self, wire: Wire) -> None:
        shared(wire)
        wire.captured(amount=4000)
        assert (wire.usd("1110"), wire.breaks()) == (3888, {"amount_mismatch": 1})

    def test_of_a_whole_checkout_reported_before_its_last_step_changes_nothing(self, wire: Wire) -> None:
        shared(wire)
        heads = wire.desk.ledger.reader.heads()
        wire.captured(amount=1000)
        assert wire.desk.ledger.reader.heads() == heads

    def test_among_the_unmatched_items_goes_to_its_order_once_a_message_names_it(self, wire: Wire) -> None:
        wire.captured()
        place(wire)
        wire.captured(metadata=NAMED)
        assert (wire.usd("1110"), wire.usd("2220"), wire.waiting()) == (1944, 0, [])
        assert len(wire.events("order.confirmed")) == 1

    def test_of_a_whole_checkout_reported_again_changes_nothing(self, wire: Wire) -> None:
        shared(wire)
        heads = wire.desk.ledger.reader.heads()
        assert wire.captured(amount=3888) is None
        assert wire.desk.ledger.reader.heads() == heads

    def test_of_a_whole_checkout_that_failed_fails_in_each_of_its_orders(self, wire: Wire) -> None:
        shared(wire)
        wire.submit("charge.failed", "charge", "ch_1", amount=3888, failure_code="nsf", captured=True)
        assert {account: wire.usd(account) for account in ("1110", "2220")} == {"1110": 0, "2220": 0}
        assert len(wire.events("payment.capture_failed")) == 2

    def test_of_nobody_that_failed_is_undone_as_unmatched(self, wire: Wire) -> None:
        wire.captured()
        wire.submit("charge.failed", "charge", "ch_1", amount=1944, failure_code="nsf", captured=True)
        assert (wire.usd("1110"), wire.usd("2220"), wire.waiting()) == (0, 0, [])

    def test_that_names_an_order_no_id_can_be_waits_unmatched(self, wire: Wire) -> None:
        wire.captured(metadata={"merchant_id": "M/1", "order_id": "O 1"})
        assert (wire.usd("1110"), len(wire.waiting())) == (1944, 1)


class TestADispute:
    def test_reported_before_its_capture_reaches_the_order_with_all_it_said(self, wire: Wire) -> None:
        wire.dispute()
        wire.dispute("funds_withdrawn")
        place(wire)
        wire.captured(metadata=NAMED)
        assert WaitingFacts(wire.app).sweep() == 1
        (opened,) = wire.events("dispute.opened")
        assert (opened.order_id, opened.reason, opened.amount) == ("O-1", "product_unacceptable", Money(1944, "USD"))
        assert (wire.usd("1120"), wire.usd("1110")) == (1944, 0)
        wire.app.catch_up()
        assert wire.waiting() == []

    def test_of_a_charge_that_two_orders_share_waits_for_somebody_to_say_which(self, wire: Wire) -> None:
        shared(wire)
        wire.dispute()
        assert (WaitingFacts(wire.app).sweep(), wire.waiting()) == (0, ["psp_dispute_opened"])


class TestARefund:
    def test_of_a_shared_charge_is_of_the_order_that_asked_for_it(self, wire: Wire) -> None:
        shared(wire)
        about = {"merchant_id": "M-1", "order_id": "O-2"}
        wire.desk.expect("cancel_order", actor=BUYER, reason="changed_mind", refund_id="R-1", **about)
        wire.desk.expect("submit_refund", refund_id="R-1", **about)
        paid_back: dict[str, Any] = {
            "amount": 1944,
            "charge": "ch_1",
            "status": "succeeded",
            "metadata": {"attempt_id": "R-1.1"},
        }
        wire.submit("refund.created", "refund", "re_1", **paid_back)
        assert [event.order_id for event in wire.events("refund.succeeded")] == ["O-2"]
        assert (wire.usd("2210"), wire.breaks()) == (0, {})

    def test_whose_name_of_ours_is_not_reported_is_the_one_on_its_way(self, wire: Wire) -> None:
        paid(wire.desk)
        wire.desk.expect("cancel_order", actor=BUYER, reason="changed_mind", refund_id="R-1", **NAMED)
        wire.desk.expect("submit_refund", refund_id="R-1", **NAMED)
        wire.submit("refund.created", "refund", "re_1", amount=1944, charge="ch-O-1", status="succeeded")
        assert (wire.usd("2210"), wire.breaks()) == (0, {})

    def test_of_money_among_the_unmatched_items_is_recorded_there(self, wire: Wire) -> None:
        wire.captured()
        about = {"psp": "stripe", "capture_ref": "ch_1", "refund_id": "R-9"}
        wire.desk.expect("refund_unmatched_funds", actor=FINANCE, reason="payer_unknown", **about)
        wire.submit("refund.created", "refund", "re_1", amount=1944, charge="ch_1", status="succeeded")
        assert {name: wire.usd(name) for name in ("1110", "2210", "2220")} == {"1110": 0, "2210": 0, "2220": 0}
        assert wire.waiting() == []


def test_what_concerns_no_order_is_kept_and_nobody_has_to_look_at_it(wire: Wire) -> None:
    wire.submit("payout.paid", "payout", "po_1")
    assert ([event.kind for event in wire.events("unmatched.fact_reported")], wire.waiting()) == (["psp_other"], [])


def test_money_of_a_currency_without_a_rate_is_flagged_and_booked_when_it_is_reported_again(wire: Wire) -> None:
    for _ in range(2):
        with pytest.raises(RateNotKnown):
            wire.captured(event_id="evt_a", currency="eur")
    assert (wire.events("unmatched.payment_captured"), wire.breaks()) == ([], {"rate_missing": 1})
    rate = {"pair": "EUR/CNY", "rate": "7.8000", "kind": "book", "provider": "test", "as_of": "2025-04-01"}
    wire.desk.expect("record_fx_rate", **rate)
    wire.captured(event_id="evt_a", currency="eur")
    (captured,) = wire.events("unmatched.payment_captured")
    assert captured.base == Money(15163, "CNY")
