"""Foreign balances on an accounting day, by account and provider: the input of a month-end revaluation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from ledger.fx import CNY
from ledger.money import Money
from projections.balances.merchant_balances import DAYS, MerchantBalances
from projections.engine.views import Opened, Vector, Views

_SUMS = """
SELECT account, psp, currency, sum(amount), sum(base) FROM {days}
WHERE book = ANY(:books) AND NOT deleted AND accounting_date <= :as_of AND currency <> :cny AND account = ANY(:accounts)
GROUP BY account, psp, currency HAVING sum(amount) <> 0 OR sum(base) <> 0 ORDER BY account, psp, currency
"""


@dataclass(frozen=True, slots=True)
class ForeignSum:
    """The balance of an account in one currency, at a provider or at none (''), and its CNY value.

    Positive for debit.
    """

    account: str
    psp: str
    balance: Money
    carried: Money


@dataclass(frozen=True, slots=True)
class ForeignSums:
    """The foreign balances of all books, and the positions they were read at."""

    sums: tuple[ForeignSum, ...]
    vector: dict[int, int]


def foreign_balances(
    views: Views, accounts: Iterable[str], *, as_of: date, at_least: Vector | None = None, timeout_s: float = 30.0
) -> ForeignSums:
    """Returns the balances of these accounts in currencies other than CNY. Raises `ViewBehind`."""

    def query(opened: Opened) -> ForeignSums:
        values = {"books": list(opened.vector), "as_of": as_of, "cny": CNY, "accounts": sorted(accounts)}
        found = opened.connection.execute(text(_SUMS.format(days=opened.generation.stored_name(DAYS))), values)
        sums = tuple(
            ForeignSum(account, psp, Money(int(amount), currency), Money(int(base), CNY))
            for account, psp, currency, amount, base in found
        )
        return ForeignSums(sums, dict(opened.vector))

    return views.read(MerchantBalances(), query, at_least=at_least, timeout_s=timeout_s)
