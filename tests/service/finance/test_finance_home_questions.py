"""The questions of the finance home: each sum is the sum of the list that it leads to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from ledger.fx import CNY
from ledger.money import Money, total
from projections.accounting.order_contribution import ELEMENTS
from projections.balances.balances import MerchantBalance
from service.app import App
from service.questions.asked import Answer, answer_to
from service.questions.registry import QUESTIONS


def ask(app: App, name: str, **values: Any) -> Answer:
    question = QUESTIONS[name]
    return answer_to(question, app, {each.name: each.default for each in question.parameters} | values)


def test_breaks_by_kind_are_the_open_exceptions_the_greatest_value_first(month_app: App) -> None:
    counted: defaultdict[str, int] = defaultdict(int)
    amounts: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in ask(month_app, "exceptions").data:
        counted[row["kind"]] += 1
        if row["amount"]:
            amounts[row["kind"], row["amount"].currency] += abs(row["amount"].minor)
    found = ask(month_app, "breaks-by-kind").data
    assert {each.kind: each.breaks for each in found} == counted != {}
    sums = {(each.kind, amount.currency): amount.minor for each in found for amount in each.amounts}
    assert sums == {place: minor for place, minor in amounts.items() if minor} != {}
    assert [each.base.minor for each in found] == sorted((each.base.minor for each in found), reverse=True)


def test_breaks_by_kind_of_a_past_day_are_those_that_were_open_then(month_app: App) -> None:
    for day in (date(2026, 10, 1), date(2026, 11, 1)):
        then = ask(month_app, "breaks-by-kind", as_of=day).data
        assert sum(each.breaks for each in then) == len(ask(month_app, "exceptions", as_of=day).data)


def test_what_is_short_is_what_reconciliation_misses(month_app: App) -> None:
    missing: defaultdict[str, int] = defaultdict(int)
    for line in ask(month_app, "reconciliation").data:
        if line.kind in ("psp_line_missing", "bank_line_missing"):
            amount = _money(line.expected)
            missing[amount.currency] += amount.minor
    short: defaultdict[str, int] = defaultdict(int)
    for each in ask(month_app, "expected-money").data:
        short[each.currency] += each.short.minor
        assert abs(each.shown.minor) <= abs(each.expected.minor)
    assert {currency: minor for currency, minor in short.items() if minor} == {
        currency: minor for currency, minor in missing.items() if minor
    } != {}  # fmt: skip


def _money(words: str) -> Money:
    currency, amount = words.replace(",", "").split()
    return Money.of(amount, currency)


def test_what_is_unexplained_is_the_money_in_breaks_about_reports(month_app: App) -> None:
    unexplained = {
        (each.source, each.kind): each.unexplained.minor
        for each in ask(month_app, "expected-money").data
        if each.unexplained
    }
    of_bank = {
        row["kind"]: abs(row["amount"].minor)
        for row in ask(month_app, "exceptions").data
        if row["stream"].startswith("bank_") and row["amount"]
    }
    assert {kind: minor for (source, kind), minor in unexplained.items() if source == "bank"} == of_bank != {}


def test_the_result_of_a_period_is_the_turnover_of_its_revenue_and_expense(month_app: App) -> None:
    first = date(2026, 10, 1)
    result = ask(month_app, "contribution", since=first).summary.total.result
    accounts = ask(month_app, "trial-balance", since=first).data.accounts
    turnover = sum(each.credit_base.minor - each.debit_base.minor for each in accounts if each.account[0] in "45")
    assert result.minor == turnover != 0
    assert result != ask(month_app, "contribution").summary.total.result


def test_the_largest_cost_of_an_order_is_its_least_element(month_app: App) -> None:
    for row in ask(month_app, "contribution", limit=1000).data:
        least = min(getattr(row, name).minor for name in ELEMENTS)
        assert (row.largest_cost == "") == (least >= 0)
        assert not row.largest_cost or getattr(row, row.largest_cost).minor == least


@pytest.mark.parametrize("days", [None, 0, 20, 400])
def test_the_totals_of_balances_are_the_sums_of_all_merchants_on_each_day(month_app: App, days: int | None) -> None:
    times = {} if days is None else {"as_of": (month_app.clock() - timedelta(days=days)).date()}
    whole = ask(month_app, "balances", limit=1000, **times).data
    totals = ask(month_app, "balance-totals", **times).data
    assert totals.merchants == len(whole)
    for name in ("pending", "available", "on_hold", "in_transit", "paid", "due_from_merchant"):
        assert getattr(totals, name) == total([getattr(each, name) for each in whole], CNY)


def test_the_checklist_counts_what_is_open_and_has_the_hash_of_the_last_closing(month_app: App) -> None:
    items = {each.item: each for each in ask(month_app, "close-checklist").data}
    changes = ask(month_app, "periods").data.changes
    assert items["closing"].detail == f"{changes[-1].period} {changes[-1].trial_balance_hash}"
    assert items["proposals"].open == len(ask(month_app, "proposals").data)
    open_ones = sum(each.breaks for each in ask(month_app, "breaks-by-kind").data)
    assert 0 < items["breaks"].open + items["unmatched"].open <= open_ones
    assert all(each.done == (each.open == 0) for each in items.values())


def test_settlement_runs_are_listed_the_latest_first_as_each_is_shown(month_app: App) -> None:
    runs = ask(month_app, "settlement-runs").data
    assert [run.started_at for run in runs] == sorted((run.started_at for run in runs), reverse=True) != []
    assert runs[0] == ask(month_app, "show settlement-run", id=runs[0].run_id).data


def test_the_next_releases_are_those_of_the_balances_in_the_order_of_time(month_app: App) -> None:
    coming = {each.merchant: each.next_release_at for each in ask(month_app, "balances", limit=1000).data}
    found = [(each.merchant, each.next_release_at) for each in ask(month_app, "next-releases").data]
    assert dict(found) == {merchant: at for merchant, at in coming.items() if at} != {}
    assert [at for _, at in found] == sorted(at for _, at in found)


@pytest.mark.parametrize("known_at", [None, "2026-11-20T08:00:00Z"])
def test_each_day_of_a_balance_history_has_the_balance_of_its_day(
    month_app: App, of_month: dict[str, Any], known_at: str | None
) -> None:
    times = {"merchant": of_month["merchant"], "as_known_at": known_at and datetime.fromisoformat(known_at)}
    history = ask(month_app, "balance-history", **times).data
    assert len(history) > 5
    for row in history:
        balance = ask(month_app, "balance", as_of=row.day, **times).data
        assert all(getattr(row, each.name) == getattr(balance, each.name) for each in fields(MerchantBalance)), row.day
    assert ask(month_app, "balance-history", since=history[3].day, **times).data == history[3:]
