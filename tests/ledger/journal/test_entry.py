"""Entries: they balance in CNY, and give a merchant nothing but CNY."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.journal.accounts import AVAILABLE, BUYER_FUNDS, PENDING, PSP_RECEIVABLE, SERVICE_FEE
from ledger.journal.entry import Draft, Entry, UnbalancedEntry, about, debit, entry_lines
from ledger.money import Money, split
from tests.support.given import cny, usd


def closed(draft: Draft) -> Entry:
    return Entry(tuple(draft.lines))


def test_an_entry_that_does_not_balance_cannot_be_made() -> None:
    draft = debit(PENDING.of("M-1"), cny("360.00")).credit(AVAILABLE.of("M-1"), cny("341.99"))
    with pytest.raises(UnbalancedEntry):
        closed(draft)


@given(gross=some.integers(1, 10**10), weights=some.lists(some.integers(1, 1000), min_size=1, max_size=10))
def test_an_entry_of_all_the_parts_of_a_split_balances(gross: int, weights: list[int]) -> None:
    draft = debit(PENDING.of("M-1"), Money(gross, "CNY"))
    for part in split(Money(gross, "CNY"), weights):
        draft = draft.credit(SERVICE_FEE, part)
    assert sum(line.base for line in closed(draft).lines) == 0


def test_a_foreign_line_needs_its_worth_in_cny() -> None:
    with pytest.raises(UnbalancedEntry):
        debit(PSP_RECEIVABLE, usd("69.44"))


def test_a_merchant_is_never_given_foreign_money() -> None:
    draft = debit(PENDING.of("M-1"), usd("69.44"), cny("498.58")).credit(BUYER_FUNDS, usd("69.44"), cny("498.58"))
    with pytest.raises(UnbalancedEntry):
        closed(draft)


def test_a_merchant_account_names_its_merchant() -> None:
    with pytest.raises(UnbalancedEntry):
        closed(debit(PENDING, cny("1.00")).credit(AVAILABLE.of("M-1"), cny("1.00")))


def test_a_line_of_nothing_is_not_written() -> None:
    draft = debit(PENDING.of("M-1"), cny("1.00")).credit(AVAILABLE.of("M-1"), cny("1.00")).credit(SERVICE_FEE, cny("0"))
    assert len(closed(draft).lines) == 2


def test_every_line_carries_what_the_entry_is_about() -> None:
    draft = about(order="O-1", line="A").debit(PENDING.of("M-1"), cny("1")).credit(AVAILABLE.of("M-1"), cny("1"))
    assert [(line.order, line.line) for line in closed(draft).lines] == [("O-1", "A"), ("O-1", "A")]


def test_a_stored_entry_leaves_out_what_it_is_not_about() -> None:
    entry = closed(debit(PENDING.of("M-1"), cny("1.00")).credit(AVAILABLE.of("M-1"), cny("1.00")))
    assert entry_lines(entry.text()) == [
        {"account": "2110", "amount": 100, "base": 100, "currency": "CNY", "merchant": "M-1"},
        {"account": "2120", "amount": -100, "base": -100, "currency": "CNY", "merchant": "M-1"},
    ]
