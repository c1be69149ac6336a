"""The bus on a real ledger: sticky answers, one path for one and many, decisions made again when they must be."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Barrier
from typing import Any
from unittest.mock import Mock

import pytest

from ledger.actors import Actor
from tests.support.buses import PLATFORM, Desk, open_desk, publish_programme
from tests.support.given import SYSTEM

FINANCE = Actor(kind="platform", id="fay", role="finance")
FACT = {"merchant_id": "M-1", "order_id": "O-1", "parcel_id": "P-1", "milestone": "noted", "raw_code": "scan"}


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        yield desk


def test_a_command_is_recorded_once_however_often_it_is_sent(desk: Desk) -> None:
    first = desk.ask("enrol_merchant", id="e1", merchant_id="M-1")
    again = desk.ask("enrol_merchant", id="e1", merchant_id="M-1")
    assert first.status == again.status == "recorded"
    assert (again.repeated, again.book, again.first, again.last) == (True, first.book, first.first, first.last)
    assert desk.ledger.reader.heads()[first.book] == first.last


def test_an_id_is_scoped_to_its_caller_and_merchant(desk: Desk) -> None:
    other = Actor(kind="platform", id="pia", role="platform_ops")
    asked = [
        desk.ask("enrol_merchant", id="same", merchant_id="M-1"),
        desk.ask("enrol_merchant", id="same", merchant_id="M-2"),
        desk.ask("enrol_merchant", id="same", merchant_id="M-1", actor=other),
    ]
    assert [outcome.repeated for outcome in asked] == [False, False, False]


def test_the_same_id_for_another_body_is_refused(desk: Desk) -> None:
    desk.expect("enrol_merchant", id="e1", merchant_id="M-1", markets=["US"])
    assert desk.ask("enrol_merchant", id="e1", merchant_id="M-1", markets=["HK"]).code == "IDEMPOTENCY_KEY_REUSED"


def test_a_refusal_is_sticky_although_it_would_be_granted_by_now(desk: Desk) -> None:
    refused = desk.ask("verify_payout_account", id="v1", merchant_id="M-1", account_ref="A-1")
    desk.expect("enrol_merchant", merchant_id="M-1")
    merchant = Actor(kind="merchant", id="owner", role="merchant", scope="M-1")
    desk.expect("register_payout_account", actor=merchant, merchant_id="M-1", account_ref="A-1", bank_code="ICBC")
    assert refused.status == "refused"
    again = desk.ask("verify_payout_account", id="v1", merchant_id="M-1", account_ref="A-1")
    assert (again.code, again.facts, again.repeated) == (refused.code, refused.facts, True)
    assert desk.ask("verify_payout_account", id="v2", merchant_id="M-1", account_ref="A-1").status == "recorded"


def test_nothing_to_do_is_an_answer_too(desk: Desk) -> None:
    desk.expect("enrol_merchant", merchant_id="M-1")
    assert desk.ask("enrol_merchant", id="e2", merchant_id="M-1").status == "nothing"
    assert desk.ask("enrol_merchant", id="e2", merchant_id="M-1").repeated


def test_commands_of_one_batch_are_decided_on_what_the_ones_before_them_left(desk: Desk) -> None:
    outcomes = desk.bus.submit(
        [
            desk.command("enrol_merchant", merchant_id="M-1"),
            desk.command("set_express_refund", merchant_id="M-1", enabled=True),
            desk.command("set_express_refund", merchant_id="M-1", enabled=True),
        ]
    )
    assert [outcome.status for outcome in outcomes] == ["recorded", "recorded", "nothing"]


def test_a_batch_over_many_books_is_answered_in_the_order_it_was_asked(desk: Desk) -> None:
    merchants = [f"M-{number}" for number in range(40)]
    outcomes = desk.bus.submit([desk.command("enrol_merchant", id=f"e.{m}", merchant_id=m) for m in merchants])
    assert [outcome.command_id for outcome in outcomes] == [f"e.{m}" for m in merchants]
    assert {outcome.status for outcome in outcomes} == {"recorded"}
    assert len({outcome.book for outcome in outcomes}) > 4


def test_the_same_id_twice_in_one_batch_is_one_command(desk: Desk) -> None:
    command = desk.command("enrol_merchant", id="e1", merchant_id="M-1")
    first, second = desk.bus.submit([command, command])
    assert first.status == second.status == "recorded"
    assert (first.first, first.last) == (second.first, second.last)


def test_a_decision_may_not_bring_its_own_instant(desk: Desk) -> None:
    outcome = desk.ask("enrol_merchant", merchant_id="M-1", at=desk.clock.now)
    assert outcome.code == "INSTANT_NOT_YOURS"


def test_an_event_knows_which_policies_it_was_decided_under(desk: Desk) -> None:
    outcome = desk.expect("enrol_merchant", merchant_id="M-1")
    (row, *_) = desk.ledger.reader.read(outcome.book, outcome.first - 1, 1)
    assert '"markets":1' in row.policy_versions
    assert f'"reference":{desk.ledger.reader.heads()[0]}' in row.policy_versions


def test_the_accounting_day_is_shanghais(desk: Desk) -> None:
    desk.clock.now = desk.clock.now.replace(hour=16, minute=30)  # half past midnight of the next day in Shanghai
    outcome = desk.expect("enrol_merchant", merchant_id="M-1")
    (row, *_) = desk.ledger.reader.read(outcome.book, outcome.first - 1, 1)
    assert row.accounting_date == date(2025, 4, 2)


def test_callers_that_race_for_one_stream_all_get_a_decision_on_what_was_true(desk: Desk) -> None:
    desk.expect("enrol_merchant", merchant_id="M-1")
    gate = Barrier(8)

    def switch(number: int) -> str:
        actor = Actor(kind="platform", id=f"p{number}", role="platform_ops")
        gate.wait()
        return desk.ask("set_express_refund", id="on", actor=actor, merchant_id="M-1", enabled=True).status

    with ThreadPoolExecutor(8) as callers:
        answers = sorted(callers.map(switch, range(8)))
    assert answers == ["nothing"] * 7 + ["recorded"]


def test_two_desks_on_one_ledger_notice_each_others_decisions(database_url: str, tmp_path: Path) -> None:
    with open_desk(database_url, tmp_path) as one, open_desk(database_url, tmp_path) as two:
        publish_programme(one)
        one.expect("enrol_merchant", merchant_id="M-1")
        one.expect("set_express_refund", merchant_id="M-1", enabled=True)
        two.expect("set_express_refund", actor=PLATFORM, id="off", merchant_id="M-1", enabled=False)
        assert one.ask("set_express_refund", id="on", merchant_id="M-1", enabled=True).status == "recorded"


def test_a_late_fact_is_decided_once_by_whoever_did_not_see_the_month_close(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may = datetime(2025, 5, 2, tzinfo=UTC)
    with open_desk(database_url, tmp_path, now=may) as one, open_desk(database_url, tmp_path, now=may) as two:
        publish_programme(one)
        book = one.expect("enrol_merchant", merchant_id="M-1").book
        one.expect("close_book_period", actor=SYSTEM, book=book, period="2025-03")
        one.expect("close_book_period", actor=SYSTEM, book=book, period="2025-04")
        append = Mock(wraps=two.ledger.append)
        monkeypatch.setattr(two.ledger, "append", append)
        noted = two.expect("report_tracking", **FACT, at=datetime(2025, 4, 20, tzinfo=UTC))
    assert noted.book == book
    append.assert_called_once()


def test_a_fact_stands_on_its_day_again_as_soon_as_the_month_is_reopened(database_url: str, tmp_path: Path) -> None:
    may, reported = datetime(2025, 5, 2, tzinfo=UTC), datetime(2025, 4, 20, tzinfo=UTC)
    with open_desk(database_url, tmp_path, now=may) as one, open_desk(database_url, tmp_path, now=may) as two:
        publish_programme(one)
        book = one.expect("enrol_merchant", merchant_id="M-1").book
        one.expect("close_book_period", actor=SYSTEM, book=book, period="2025-03")
        one.expect("close_book_period", actor=SYSTEM, book=book, period="2025-04")
        late = two.expect("report_tracking", **FACT, at=reported)
        one.expect("reopen_book_period", actor=SYSTEM, book=book, period="2025-04")
        noted = [
            desk.expect("report_tracking", **FACT | {"raw_code": code}, at=reported)
            for desk, code in ((two, "again"), (one, "and again"))
        ]
        days = [one.ledger.reader.read(book, fact.first - 1, 1)[0].accounting_date for fact in (late, *noted)]
    assert days == [date(2025, 5, 1), date(2025, 4, 20), date(2025, 4, 20)]


def test_an_adjustment_of_a_month_is_proposed_as_soon_as_it_is_reopened_and_no_longer_than_it_is_open(
    database_url: str, tmp_path: Path
) -> None:
    may = datetime(2025, 5, 2, tzinfo=UTC)
    lines = [
        {"account": "5130", "side": "debit", "amount": "CNY 9.00"},
        {"account": "1010", "side": "credit", "amount": "CNY 9.00"},
    ]
    data = {"lines": lines, "accounting_date": "2025-04-20"}

    def propose(desk: Desk, n: str) -> str:
        asked: dict[str, Any] = {"command": "post_adjustment", "data": data | {"adjustment_id": n}, "reason": "accrual"}
        return desk.ask("propose", actor=FINANCE, proposal_id=n, **asked).code

    with open_desk(database_url, tmp_path, now=may) as one, open_desk(database_url, tmp_path, now=may) as two:
        publish_programme(one)
        one.expect("close_book_period", actor=SYSTEM, book=0, period="2025-03")
        one.expect("close_book_period", actor=SYSTEM, book=0, period="2025-04")
        reported = [propose(desk, "A-1") for desk in (one, two)]
        one.expect("reopen_book_period", actor=SYSTEM, book=0, period="2025-04")
        reported.append(propose(two, "A-2"))
        two.expect("close_book_period", actor=SYSTEM, id="c-2", book=0, period="2025-04")
        reported += [propose(desk, "A-3") for desk in (one, two)]
    assert reported == ["PERIOD_CLOSED", "PERIOD_CLOSED", "", "PERIOD_CLOSED", "PERIOD_CLOSED"]
