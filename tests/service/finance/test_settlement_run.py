"""A settlement run: what it fixes and pays, and that nobody is paid twice however often and wherever it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest

from commands.bus.bus import Bus
from commands.bus.outcome import Outcome
from commands.command import Command
from ledger.events.settlement import PayoutInitiated
from ledger.events.statements import SettlementStatementIssued
from ledger.fx import CNY
from ledger.money import Money, total
from projections.balances.merchant_balances import MerchantBalances
from projections.balances.statements import StatementDiffers, document, issued_again
from projections.engine.rebuild import rebuild
from service.app import App
from service.failures import ServiceFailure
from service.finance.settlement_run import settle
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.sales import BUYER, OWNER, merchant_ready, paid, released, sent, signed
from tests.support.shops import app_of

HALF = Money(13_300, CNY)  # CNY 140.00 less 5 %


class Books:
    """A desk with merchants, and what its log says of their statements and payouts."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.app = app_of(desk)

    def statements(self, merchant: str = "M-1") -> list[SettlementStatementIssued]:
        rows = self.desk.ledger.reader.read_stream(self._book(merchant), f"statements/{merchant}")
        return [event for row in rows if isinstance(event := row.event, SettlementStatementIssued)]

    def payouts(self, merchant: str = "M-1") -> list[PayoutInitiated]:
        rows = self.desk.ledger.reader.read_stream(self._book(merchant), f"payouts/{merchant}")
        return [event for row in rows if isinstance(event := row.event, PayoutInitiated)]

    def bank_pays(self, merchant: str = "M-1") -> None:
        payout = self.payouts(merchant)[-1]
        self.desk.expect(
            "report_payout_paid", merchant_id=merchant, payout_id=payout.payout_id, amount=payout.amount, bank_ref="B1"
        )

    def json(self, event: SettlementStatementIssued) -> str:
        return document(event, issued_again(self.app.views, event))

    def _book(self, merchant: str) -> int:
        return self.desk.ledger.directory.book_of(merchant)


@pytest.fixture
def books(database_url: str, tmp_path: Path) -> Iterator[Books]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        yield Books(desk)


def test_a_run_pays_what_was_available_at_its_cut_off(books: Books) -> None:
    released(books.desk)
    summary = settle(books.app, "R-1")
    assert (summary.payouts, summary.paid) == (1, HALF)
    assert [payout.amount for payout in books.payouts()] == [HALF]


def test_a_run_of_the_longest_name_is_begun_and_completed(books: Books) -> None:
    released(books.desk)
    run = "R" * 64
    assert settle(books.app, run).payouts == 1
    assert settle(books.app, run).paid == HALF
    assert "settlement_run.completed" in [row.type for row in books.desk.ledger.reader.read(0, 0, 1000)]


@pytest.mark.parametrize("run", ["", "R" * 65, "R 1", "R/1", "\uff32-1"])
def test_what_is_no_name_of_a_run_is_said_to_be_none(run: str) -> None:
    with pytest.raises(ServiceFailure, match="is not a valid name of a run"):
        settle(cast("App", None), run)


def test_what_is_due_by_the_cut_off_is_released_and_paid_by_the_run(books: Books) -> None:
    paid(books.desk)
    sent(books.desk)
    signed(books.desk)
    books.desk.clock.forward(days=7)
    assert settle(books.app, "R-1").paid == HALF


def test_a_statement_names_the_event_behind_each_line_and_foots(books: Books) -> None:
    released(books.desk)
    settle(books.app, "R-1")
    (event,) = books.statements()
    statement = issued_again(books.app.views, event)
    assert [(line.kind, line.gross.minor, line.fee.minor, line.net.minor) for line in statement.lines] == [
        ("sale", 14_000, -700, 13_300)
    ]
    assert event.opening + statement.lines[0].net == event.closing == HALF
    assert {(total.kind, total.amount.minor) for total in event.totals} == {("sale", 14_000), ("fee", -700)}


def test_consecutive_statements_tile(books: Books) -> None:
    released(books.desk)
    settle(books.app, "R-1")
    books.bank_pays()
    released(books.desk, "O-2")
    settle(books.app, "R-2")
    first, second = books.statements()
    assert (second.after_position, second.opening) == (first.upto_position, first.closing)
    assert (second.period_from, second.number) == (first.period_to, 2)


def test_a_payout_that_comes_back_is_on_the_next_statement_with_both_lines(books: Books) -> None:
    released(books.desk)
    settle(books.app, "R-1")
    books.bank_pays()
    books.desk.expect(
        "report_payout_returned",
        merchant_id="M-1",
        payout_id=books.payouts()[0].payout_id,
        amount=HALF,
        bank_ref="B2",
        code="AC04",
    )
    settle(books.app, "R-2")
    second = books.statements()[-1]
    lines = issued_again(books.app.views, second).lines
    assert [(line.kind, line.net.minor) for line in lines] == [("payout", -13_300), ("payout_returned", 13_300)]
    assert second.opening == second.closing == HALF


def test_a_statement_is_issued_again_byte_for_byte_at_a_later_date(books: Books) -> None:
    released(books.desk)
    settle(books.app, "R-1")
    event = books.statements()[0]
    at_first = books.json(event)
    released(books.desk, "O-2")
    books.desk.clock.forward(days=400)
    settle(books.app, "R-2")
    assert books.json(event) == at_first


def test_a_statement_stays_the_same_bytes_over_a_rebuild_and_other_policies(books: Books) -> None:
    released(books.desk)
    settle(books.app, "R-1")
    event = books.statements()[0]
    at_first = books.json(event)
    fees = {"rate_bps": 3_000, "vat": {"rate_bps": 1_300, "inclusive": False}}
    books.desk.expect("set_fee_schedule", effective_from=books.desk.clock() + timedelta(hours=1), content=fees)
    books.desk.clock.forward(days=1)
    released(books.desk, "O-2")
    rebuild(books.desk.ledger.engine, books.desk.ledger.reader, MerchantBalances())
    assert books.json(event) == at_first


def test_a_statement_whose_lines_are_not_those_that_were_issued_is_not_given_out(books: Books) -> None:
    released(books.desk)
    settle(books.app, "R-1")
    event = books.statements()[0]
    with pytest.raises(StatementDiffers):
        issued_again(books.app.views, event.model_copy(update={"lines_hash": "0" * 64}))


def test_a_run_that_is_done_again_changes_nothing(books: Books) -> None:
    released(books.desk)
    first = settle(books.app, "R-1")
    heads = books.desk.ledger.reader.heads()
    assert settle(books.app, "R-1") == first
    assert books.desk.ledger.reader.heads() == heads


def test_what_becomes_available_behind_the_cut_off_waits_for_the_next_run(books: Books) -> None:
    released(books.desk)
    _cut_off(books)
    released(books.desk, "O-2")
    assert settle(books.app, "R-1").paid == HALF
    assert books.statements()[0].closing == HALF


def _cut_off(books: Books) -> None:
    """Start the run as a process does that dies at once."""
    books.desk.expect(
        "start_settlement_run",
        run_id="R-1",
        cut_off=books.desk.clock.now,
        positions=books.desk.ledger.reader.heads(),
    )


def test_a_run_pays_no_more_than_is_left_when_it_comes_to_the_merchant(books: Books) -> None:
    released(books.desk)
    _cut_off(books)
    books.desk.expect("hold_settlement", merchant_id="M-1", hold_id="H-1", amount=Money(10_000, CNY), reason="inquiry")
    assert settle(books.app, "R-1").paid == Money(3_300, CNY)


def test_a_run_that_was_overtaken_pays_nothing_that_came_behind_its_cut_off(books: Books) -> None:
    released(books.desk)
    _cut_off(books)
    settle(books.app, "R-2")
    books.bank_pays()
    released(books.desk, "O-2")
    summary = settle(books.app, "R-1")
    assert (summary.payouts, summary.refused) == (0, {"INSUFFICIENT_AVAILABLE": 1})
    assert [payout.amount for payout in books.payouts()] == [HALF]


def test_what_came_back_from_the_run_that_overtook_it_is_paid(books: Books) -> None:
    released(books.desk)
    _cut_off(books)
    settle(books.app, "R-2")
    names = {"merchant_id": "M-1", "payout_id": books.payouts()[0].payout_id}
    books.desk.expect("cancel_payout", reason="wrong_day", **names)
    released(books.desk, "O-2")
    assert settle(books.app, "R-1").paid == HALF


def test_a_completed_run_pays_nothing_more_whatever_happens(books: Books) -> None:
    released(books.desk)
    books.desk.expect("hold_settlement", merchant_id="M-1", hold_id="H-1", amount=HALF, reason="inquiry")
    released(books.desk, "O-2")
    books.desk.expect("disable_payout_account", merchant_id="M-1", account_ref="acct-M-1", reason="closed")
    summary = settle(books.app, "R-1")
    account = {"merchant_id": "M-1", "account_ref": "acct-2"}
    books.desk.expect("register_payout_account", actor=OWNER, bank_code="ICBC", **account)
    books.desk.expect("verify_payout_account", **account)
    heads = books.desk.ledger.reader.heads()
    assert settle(books.app, "R-1") == summary
    assert books.desk.ledger.reader.heads() == heads


def test_a_line_on_hold_waits_for_the_run_behind_the_end_of_its_hold(books: Books) -> None:
    paid(books.desk)
    sent(books.desk)
    signed(books.desk)
    names = {"merchant_id": "M-1", "order_id": "O-1", "hold_id": "H-1"}
    books.desk.expect("hold_line", line_id="L1", reason="evidence", **names)
    books.desk.clock.forward(days=7)
    assert settle(books.app, "R-1").payouts == 0
    books.desk.expect("release_line_hold", **names)
    assert settle(books.app, "R-2").paid == HALF
    (event,) = books.statements()
    assert [line.kind for line in issued_again(books.app.views, event).lines] == ["sale"]


def test_a_merchant_that_owes_is_not_paid_and_counted_nowhere(books: Books) -> None:
    released(books.desk)
    merchant_ready(books.desk, "M-2")
    summary = settle(books.app, "R-1")
    assert (summary.payouts, summary.refused) == (1, {})


def test_a_merchant_without_an_account_gets_a_statement_and_the_reason_is_counted(books: Books) -> None:
    released(books.desk)
    books.desk.expect("disable_payout_account", merchant_id="M-1", account_ref="acct-M-1", reason="closed")
    summary = settle(books.app, "R-1")
    assert (summary.statements, summary.payouts) == (1, 0)
    assert summary.refused == {"PAYOUT_ACCOUNT_NOT_VERIFIED": 1}


class _DiesAfter:
    """A bus that goes away after so many submissions."""

    def __init__(self, bus: Bus, lives: int) -> None:
        self.reference = bus.reference
        self._submit, self._lives = bus.submit, lives

    def submit(self, commands: list[Command]) -> list[Outcome]:
        if not self._lives:
            raise KeyboardInterrupt
        self._lives -= 1
        return self._submit(commands)


class _Meanwhile:
    """A bus beside which something happens after so many submissions."""

    def __init__(self, bus: Bus, after: int, happens: Callable[[], object]):
        self.reference = bus.reference
        self._submit, self._left, self._happens = bus.submit, after, happens

    def submit(self, commands: list[Command]) -> list[Outcome]:
        if self._left == 0:
            self._happens()
        self._left -= 1
        return self._submit(commands)


@pytest.mark.parametrize("after", range(3))
def test_a_case_that_is_opened_while_the_run_is_at_it_keeps_its_money_back(books: Books, after: int) -> None:
    released(books.desk)
    asked = {"merchant_id": "M-1", "order_id": "O-1", "refund_id": "R-1", "reason": "damaged"}
    bus = _Meanwhile(books.desk.bus, after, lambda: books.desk.expect("request_refund", actor=BUYER, **asked))
    app = App(books.app.settings, books.app.ledger, bus, books.app.views, books.app.clock)  # type: ignore[arg-type]
    summary = settle(app, "R-1")
    assert (summary.payouts, summary.refused) == (0, {"INSUFFICIENT_AVAILABLE": 1})
    assert settle(books.app, "R-1") == summary


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_statements_tile_foot_and_stay_the_same_bytes(books: Books, seed: int) -> None:
    random, as_issued = Random(seed), dict[int, str]()
    for step in range(12):
        _something_happens(books, random, step)
        for event in books.statements():
            as_issued.setdefault(event.number, books.json(event))
    settle(books.app, "R-last")
    position, balance = 0, Money.zero(CNY)
    for event in books.statements():
        assert (event.after_position, event.opening) == (position, balance), f"seed {seed}"
        lines = issued_again(books.app.views, event).lines
        assert event.opening + total([line.net for line in lines], CNY) == event.closing, f"seed {seed}"
        assert event.opening + total([part.amount for part in event.totals], CNY) == event.closing, f"seed {seed}"
        assert as_issued.get(event.number, books.json(event)) == books.json(event), f"seed {seed}"
        position, balance = event.upto_position, event.closing
    assert position > 0, f"seed {seed}"


def _something_happens(books: Books, random: Random, step: int) -> None:
    names: dict[str, Any] = {"merchant_id": "M-1"}
    payouts = books.payouts()
    match random.choice(("sale", "sale", "hold", "paid", "returned", "run", "run")):
        case "sale":
            released(books.desk, f"O-{step}", list_minor=random.randrange(1_000, 90_000))
        case "hold":
            amount = Money(random.randrange(1, 900), CNY)
            books.desk.ask("hold_settlement", amount=amount, hold_id=f"H-{step}", reason="inquiry", **names)
        case "paid" if payouts:
            books.desk.ask("report_payout_paid", payout_id=payouts[-1].payout_id, **names)
        case "returned" if payouts:
            books.desk.ask("report_payout_returned", payout_id=payouts[-1].payout_id, code="AC04", **names)
        case "run":
            settle(books.app, f"R-{step}")


@pytest.mark.parametrize("lives", range(4))
def test_a_run_that_died_anywhere_is_finished_by_the_next_to_the_same_end(books: Books, lives: int) -> None:
    merchant_ready(books.desk, "M-2")
    released(books.desk)
    released(books.desk, "O-2", "M-2")
    dying = App(
        books.app.settings,
        books.app.ledger,
        _DiesAfter(books.desk.bus, lives),  # type: ignore[arg-type]
        books.app.views,
        books.app.clock,
    )
    with pytest.raises(KeyboardInterrupt):
        settle(dying, "R-1")
    books.desk.clock.now += timedelta(hours=5)
    summary = settle(books.app, "R-1")
    assert (summary.statements, summary.payouts, summary.paid) == (2, 2, HALF + HALF)
    assert [len(books.payouts(name)) for name in ("M-1", "M-2")] == [1, 1]


def test_the_same_run_at_once_in_several_places_pays_once(books: Books) -> None:
    merchants = [f"M-{n}" for n in range(1, 9)]
    for number, merchant in enumerate(merchants[1:], 2):
        merchant_ready(books.desk, merchant)
        released(books.desk, f"O-{number}", merchant)
    released(books.desk)
    with ThreadPoolExecutor(4) as pool:
        summaries = list(pool.map(lambda _: settle(books.app, "R-1"), range(4)))
    assert {summary.paid.minor for summary in summaries} == {8 * HALF.minor}
    assert [len(books.payouts(name)) for name in merchants] == [1] * 8
    assert [len(books.statements(name)) for name in merchants] == [1] * 8
