"""The accounting day of an instant, in Asia/Shanghai."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from ledger.deadlines import in_zone

ACCOUNTING_ZONE = ZoneInfo("Asia/Shanghai")  # design §2: fixed when a ledger is created


def accounting_day(at: datetime) -> date:
    """Returns the day in Asia/Shanghai on which an entry of this instant is booked."""
    return in_zone(at, ACCOUNTING_ZONE).date()
