"""The trial balance of a period, as of a day and as known at a position; what explains two answers that differ."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.journal.accounts import BUYER_FUNDS, PENDING, PSP_RECEIVABLE, SERVICE_FEE
from ledger.journal.entry import debit
from ledger.ledger import Ledger
from ledger.money import Money
from projections.accounting.account_turnovers import AccountTurnovers
from projections.accounting.books_of_account import Turnover, TurnoverBalance, turnover_balance
from projections.accounting.differences import explain_difference
from projections.balances.balances import AsOf, balances
from projections.balances.merchant_balances import MerchantBalances
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker
from tests.support.view_history import DAY, History, cny, paid, payout, release, sale

MAY = date(2025, 5, 3)


@pytest.fixture
def history(ledger: Ledger) -> History:
    return History(ledger)


def fold(ledger: Ledger) -> None:
    for projection in (AccountTurnovers(), MerchantBalances()):
        ProjectionWorker(ledger.engine, ledger.reader, projection).catch_up()


def of(balance: TurnoverBalance, account: str, currency: str = "CNY") -> Turnover:
    (row,) = [row for row in balance.rows if (row.account, row.currency) == (account, currency)]
    return row


def test_opening_and_turnovers_come_to_the_closing_balance(history: History, views: Views) -> None:
    history.entry(1, sale("M-1", "500.00"), day=DAY)
    history.entry(2, sale("M-2", "70.00"), day=MAY)
    history.entry(1, release("M-1", "200.00"), day=MAY)
    fold(history.ledger)
    row = of(turnover_balance(views, AsOf(as_of=MAY)), PENDING.code)
    assert (row.opening, row.debit, row.credit, row.closing) == (
        cny("-500.00"), cny("200.00"), cny("70.00"), cny("-370.00")
    )  # fmt: skip


def test_a_foreign_account_is_shown_in_its_currency_and_in_cny(history: History, views: Views) -> None:
    usd, base = Money.of("69.44", "USD"), cny("498.58")
    history.entry(1, debit(PSP_RECEIVABLE.at("stripe"), usd, base).credit(BUYER_FUNDS, usd, base))
    fold(history.ledger)
    row = of(turnover_balance(views), PSP_RECEIVABLE.code, "USD")
    assert (row.closing, row.closing_base) == (usd, base)


def test_a_period_may_begin_within_a_month(history: History, views: Views) -> None:
    history.entry(1, sale("M-1", "5.00"), day=date(2025, 4, 1))
    history.entry(1, sale("M-1", "7.00"), day=date(2025, 4, 20))
    fold(history.ledger)
    row = of(turnover_balance(views, AsOf(as_of=date(2025, 4, 30)), since=date(2025, 4, 10)), PENDING.code)
    assert (row.opening, row.credit) == (cny("-5.00"), cny("7.00"))


def test_a_day_as_it_was_known_leaves_out_what_was_recorded_later_for_it(history: History, views: Views) -> None:
    known = history.entry(1, sale("M-1", "500.00"), day=DAY)
    history.entry(1, sale("M-1", "3.00"), day=DAY)
    fold(history.ledger)
    asked = AsOf(as_of=DAY, at={1: known})
    assert of(turnover_balance(views, asked), PENDING.code).closing == cny("-500.00")


def test_a_month_that_was_over_and_got_a_late_event_is_known_both_ways(history: History, views: Views) -> None:
    known = history.entry(1, sale("M-1", "500.00"), day=DAY)
    history.entry(1, sale("M-1", "3.00"), day=DAY)
    history.entry(1, sale("M-1", "1.00"), day=MAY)
    fold(history.ledger)
    assert of(turnover_balance(views, AsOf(as_of=MAY, at={1: known})), PENDING.code).opening == cny("-500.00")
    assert of(turnover_balance(views, AsOf(as_of=MAY)), PENDING.code).opening == cny("-503.00")


def test_a_period_that_ends_before_it_begins_is_no_period(history: History, views: Views) -> None:
    history.entry(1, sale("M-1", "1.00"))
    fold(history.ledger)
    with pytest.raises(ValueError, match="begins on"):
        turnover_balance(views, AsOf(as_of=DAY), since=MAY)


def test_the_late_events_explain_the_difference_to_the_cent(history: History, views: Views) -> None:
    known = history.entry(1, sale("M-1", "500.00"), day=DAY)
    late = history.entry(1, sale("M-1", "3.00"), day=DAY)
    history.entry(1, sale("M-1", "70.00"), day=MAY)
    fold(history.ledger)
    found = explain_difference(views, as_of=DAY, earlier=AsOf(at={1: known}))
    assert {event.position for event in found.events} == {late}
    assert found.accounts == {(PENDING.code, "CNY"): cny("-3.00"), (SERVICE_FEE.code, "CNY"): cny("3.00")}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_any_day_as_known_at_any_position_is_what_the_log_adds_up_to(ledger: Ledger, views: Views, seed: int) -> None:
    random, history = Random(seed), History(ledger)
    for _ in range(12):
        day = DAY + timedelta(days=random.randrange(90))
        history.entry(random.randrange(1, 4), sale("M-1", f"{random.randrange(1, 999)}.00"), day=day)
        if random.random() < 0.3:
            fold(ledger)
    fold(ledger)
    heads = ledger.reader.heads()
    vector = {book: random.randint(0, heads[book]) for book in heads}
    since = DAY + timedelta(days=random.randrange(60))
    as_of = since + timedelta(days=random.randrange(60))
    found = turnover_balance(views, AsOf(as_of=as_of, at=vector), since=since)
    opening = within = 0
    for book, upto in vector.items():
        for row in ledger.reader.read(book, 0, upto) if upto else ():
            moved = sum(line["base"] for line in row.lines if line["account"] == PENDING.code)
            opening += moved if row.accounting_date < since else 0
            within += moved if since <= row.accounting_date <= as_of else 0
    rows = [row for row in found.rows if row.account == PENDING.code]
    shown = (rows[0].opening_base.minor, rows[0].closing_base.minor) if rows else (0, 0)
    assert shown == (opening, opening + within), f"seed {seed}"
    assert found.total == cny("0.00"), f"seed {seed}"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_between_any_two_positions_the_late_events_are_the_difference(ledger: Ledger, views: Views, seed: int) -> None:
    random, history = Random(seed), History(ledger)
    for _ in range(12):
        day = DAY + timedelta(days=random.randrange(60))
        drafts = (sale, release)
        book, amount = random.randrange(1, 4), f"{random.randrange(1, 999)}.{random.randrange(100):02}"
        history.entry(book, random.choice(drafts)(f"M-{book}", amount), day=day)
    fold(ledger)
    later = {book: random.randint(0, head) for book, head in ledger.reader.heads().items()}
    earlier = {book: random.randint(0, position) for book, position in later.items()}
    as_of = DAY + timedelta(days=random.randrange(60))
    answers = [_closing(turnover_balance(views, AsOf(as_of=as_of, at=at))) for at in (earlier, later)]
    moved = {key: answers[1].get(key, 0) - answers[0].get(key, 0) for key in answers[1]}
    found = explain_difference(views, as_of=as_of, earlier=AsOf(at=earlier), later=AsOf(at=later))
    said = {key: base.minor for key, base in found.accounts.items() if base}
    assert said == {key: fen for key, fen in moved.items() if fen}, f"seed {seed}"
    assert all(earlier[each.book] < each.position <= later[each.book] for each in found.events), f"seed {seed}"
    assert all(each.accounting_date <= as_of for each in found.events), f"seed {seed}"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_the_late_events_of_a_merchant_are_what_its_balances_differ_by(ledger: Ledger, views: Views, seed: int) -> None:
    random, history = Random(seed), History(ledger)
    for _ in range(12):
        day, merchant = DAY + timedelta(days=random.randrange(60)), f"M-{random.randrange(3)}"
        drafts = (sale, release, payout, paid)
        history.entry(
            1, random.choice(drafts)(merchant, f"{random.randrange(1, 999)}.{random.randrange(100):02}"), day=day
        )
    fold(ledger)
    head = ledger.reader.heads()[1]
    early = random.randrange(head)
    earlier, later = {1: early}, {1: random.randint(early, head)}
    as_of = random.choice([None, DAY + timedelta(days=random.randrange(60))])
    answers = [_of_merchant(views, AsOf(as_of=as_of, at=at)) for at in (earlier, later)]
    found = explain_difference(views, as_of=as_of, earlier=AsOf(at=earlier), later=AsOf(at=later), merchant="M-1")
    said = {account: base.minor for (account, _), base in found.accounts.items()}
    moved = {name: answers[1][name] - answers[0][name] for name in answers[0]}
    assert moved == {name: said.get(name, 0) for name in moved}, f"seed {seed}"
    assert {each.merchant for each in found.events} <= {"M-1"}, f"seed {seed}"


def _of_merchant(views: Views, timepoint: AsOf) -> dict[str, int]:
    """By account, debit positive."""
    found = {each.merchant: each for each in balances(views, timepoint).merchants}.get("M-1")
    if found is None:
        return dict.fromkeys(("2110", "2120", "2140", "1010"), 0)
    available = found.due_from_merchant - found.available
    pending, in_transit, paid_out = -found.pending.minor, -found.in_transit.minor, -found.paid.minor
    return {"2110": pending, "2120": available.minor, "2140": in_transit, "1010": paid_out}


def _closing(balance: TurnoverBalance) -> dict[tuple[str, str], int]:
    return {(row.account, row.currency): row.closing_base.minor for row in balance.rows}
