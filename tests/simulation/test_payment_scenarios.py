"""Acceptance scenarios 2 and 3 of the domain (§4.5), through the real bus and a real log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from commands.bus.outcome import Outcome
from commands.payments.report_payment_captured import report_id
from ledger.actors import Source
from ledger.events.event import Event
from ledger.events.payments import PaymentCaptured
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.ids import order_stream
from ledger.log.rows import Recorded
from ledger.money import Money
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.given import BUYER, PARTNER, usd
from tests.support.orders import basket, capture, line
from tests.support.sales import merchant_ready

NAMES: dict[str, Any] = {"merchant_id": "M-1", "order_id": "O-1"}
STREAM = order_stream("M-1", "O-1")
SOLD = [
    line("A", 2, "CNY 180.00", "USD 25.00") | {"product_id": "P-1"},
    line("B", 1, "CNY 140.00", "USD 19.44") | {"product_id": "P-1"},
]


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        yield desk


def place(desk: Desk) -> Outcome:
    return desk.expect("place_order", actor=BUYER, **NAMES, **basket(lines=SOLD))


def webhook(desk: Desk, webhook_id: str, amount: str = "69.44") -> Outcome:
    """A provider's message, as an adapter reports it."""
    money = usd(amount)
    name = report_id(psp="stripe", capture_ref="c1", order_id="O-1", amount=money)
    source = Source(system="stripe", external_id=webhook_id)
    reported: dict[str, Any] = NAMES | capture("c1", str(money)) | {"source": source}
    return desk.ask("report_payment_captured", actor=PARTNER, id=name, **reported)


def rows(desk: Desk) -> list[Recorded]:
    (book,) = set(desk.ledger.directory.books_of(["M-1"]).values())
    return list(desk.ledger.reader.read_stream(book, STREAM))


def events(desk: Desk, kind: type[Event]) -> list[Any]:
    return [row.event for row in rows(desk) if isinstance(row.event, kind)]


def balance(desk: Desk, account: str, currency: str = "CNY") -> tuple[int, int]:
    """The account in its currency and in CNY, debit positive."""
    lines = [part for row in rows(desk) for part in row.lines if part["account"] == account]
    lines = [part for part in lines if part["currency"] == currency]
    return sum(part["amount"] for part in lines), sum(part["base"] for part in lines)


class TestScenario2:
    """Duplicate webhooks."""

    def test_all_three_calls_answer_with_the_same_event(self, desk: Desk) -> None:
        place(desk)
        answers = [webhook(desk, webhook_id) for webhook_id in ("evt_1", "evt_1", "evt_2")]
        assert {(answer.status, answer.book, answer.first) for answer in answers} == {
            ("recorded", answers[0].book, answers[0].first)
        }
        assert [answer.repeated for answer in answers] == [False, True, True]

    def test_there_is_one_capture_and_it_is_owed_once(self, desk: Desk) -> None:
        place(desk)
        for webhook_id in ("evt_1", "evt_1", "evt_2"):
            webhook(desk, webhook_id)
        assert len(events(desk, PaymentCaptured)) == 1
        assert balance(desk, "1110", "USD") == (69_44, 498_58)

    def test_it_is_recorded_once_even_under_another_command_id(self, desk: Desk) -> None:
        place(desk)
        webhook(desk, "evt_1")
        again = desk.ask("report_payment_captured", actor=PARTNER, **NAMES, **capture("c1"))
        assert (again.status, len(events(desk, PaymentCaptured))) == ("nothing", 1)

    def test_another_amount_posts_nothing_and_opens_a_break(self, desk: Desk) -> None:
        place(desk)
        webhook(desk, "evt_1")
        assert webhook(desk, "evt_3", "69.45").status == "recorded"
        (opened,) = events(desk, ReconciliationBreakOpened)
        difference = Money.of(opened.actual.split()[1], "USD") - Money.of(opened.expected.split()[1], "USD")
        assert (opened.kind, difference) == ("amount_mismatch", usd("0.01"))
        assert balance(desk, "1110", "USD") == (69_44, 498_58)


class TestScenario3:
    """A capture before its order."""

    def test_the_money_waits_in_2220(self, desk: Desk) -> None:
        webhook(desk, "evt_1")
        assert balance(desk, "2220", "USD") == (-69_44, -498_58)

    def test_half_an_hour_later_it_is_a_break(self, desk: Desk) -> None:
        webhook(desk, "evt_1")
        early = desk.ask("flag_unallocated_capture", id="f-1", capture_ref="c1", **NAMES)
        desk.clock.now += timedelta(minutes=30)
        desk.expect("flag_unallocated_capture", id="f-2", capture_ref="c1", **NAMES)
        (opened,) = events(desk, ReconciliationBreakOpened)
        assert (early.code, opened.kind) == ("CAPTURE_NOT_OVERDUE", "capture_without_order")

    def test_the_order_is_confirmed_with_it_when_it_comes(self, desk: Desk) -> None:
        webhook(desk, "evt_1")
        place(desk)
        assert balance(desk, "2220", "USD") == (0, 0)
        assert (balance(desk, "2110")[0], balance(desk, "4210")[0]) == (-500_00, 1_42)
        assert rows(desk)[-1].type == "order.confirmed"
