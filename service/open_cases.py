"""What open after-sales cases may still take from merchants' available money."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text

from ledger.fx import CNY
from ledger.money import Money
from projections.approvals_queue import QUEUE, ApprovalsQueue
from projections.engine.reading import Opened, Views

# What was never shipped is still pending: a case about it takes nothing that could be paid out.
_AMOUNTS = """
SELECT merchant, sum(list_fen) FROM {queue}
WHERE book = ANY(:books) AND merchant = ANY(:merchants) AND NOT deleted AND type <> 'unshipped' GROUP BY merchant
"""


def amounts_in_open_cases(views: Views, merchants: Sequence[str]) -> dict[str, Money]:
    """The merchant's value of every case that waits for a decision, by merchant; those without are left out."""

    def query(opened: Opened) -> dict[str, Money]:
        statement = text(_AMOUNTS.format(queue=opened.generation.stored_name(QUEUE)))
        values = {"books": list(opened.vector), "merchants": list(merchants)}
        found = opened.connection.execute(statement, values)
        return {merchant: Money(int(fen), CNY) for merchant, fen in found if fen}

    return views.read(ApprovalsQueue(), query)
