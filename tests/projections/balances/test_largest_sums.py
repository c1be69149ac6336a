"""Sums of the largest amounts that an entry can hold stop no view, and are exact."""

from __future__ import annotations

import pytest

from ledger.journal.accounts import PENDING, SERVICE_FEE
from ledger.journal.entry import debit
from ledger.ledger import Ledger
from ledger.limits import LARGEST_NUMBER
from ledger.money import Money
from projections.accounting.account_turnovers import AccountTurnovers
from projections.balances.balances import balances
from projections.balances.merchant_balances import MerchantBalances
from projections.engine.rebuild import verify
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker
from tests.support.view_history import History, an_event

LARGEST = Money(LARGEST_NUMBER, "CNY")
TIMES = 2**63 // LARGEST_NUMBER + 1  # so many of them are more than a bigint holds
VIEWS = (MerchantBalances(), AccountTurnovers())


@pytest.fixture
def grown(ledger: Ledger) -> Ledger:
    sale = debit(SERVICE_FEE, LARGEST).credit(PENDING.of("M-1"), LARGEST)
    History(ledger).record(1, [an_event(sale) for _ in range(TIMES)])
    for view in VIEWS:
        ProjectionWorker(ledger.engine, ledger.reader, view).catch_up()
    return ledger


def test_the_balance_of_a_merchant_is_exact(grown: Ledger, views: Views) -> None:
    assert grown.reader.heads()[1] == TIMES
    (merchant,) = balances(views).merchants
    assert merchant.pending == LARGEST * TIMES


def test_no_view_stops_and_each_equals_its_rebuild(grown: Ledger, views: Views) -> None:
    for view in VIEWS:
        assert {at.status for at in views.status(view).values()} == {"following"}
        assert verify(grown.engine, view).count == 0
