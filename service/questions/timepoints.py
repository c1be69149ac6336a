"""The instant at which ages are counted for a question about the past."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from ledger.accounting_days import ACCOUNTING_ZONE
from ledger.deadlines import day_later
from projections.balances.balances import AsOf


def end_of(timepoint: AsOf, now: datetime) -> datetime:
    """Returns the earlier of the end of the accounting day and the known-at instant; `now` without either."""
    ends = [now]
    if timepoint.as_of:
        ends.append(datetime.combine(day_later(timepoint.as_of, timedelta(days=1)), time.min, ACCOUNTING_ZONE))
    if timepoint.as_known_at:
        ends.append(timepoint.as_known_at)
    return min(ends)
