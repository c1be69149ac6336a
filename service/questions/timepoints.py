"""Until when ages are counted that are asked of the past."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from ledger.accounting_days import ACCOUNTING_ZONE
from ledger.deadlines import day_later
from projections.balances.balances import AsOf


def end_of(timepoint: AsOf, now: datetime) -> datetime:
    """The end of the accounting day, or the instant it was known at, the first of them; else `now`."""
    ends = [now]
    if timepoint.as_of:
        ends.append(datetime.combine(day_later(timepoint.as_of, timedelta(days=1)), time.min, ACCOUNTING_ZONE))
    if timepoint.as_known_at:
        ends.append(timepoint.as_known_at)
    return min(ends)
