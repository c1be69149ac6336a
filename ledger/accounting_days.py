"""The accounting day of an instant."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from ledger.deadlines import in_zone

ACCOUNTING_ZONE = ZoneInfo("Asia/Shanghai")  # design §2: fixed when the ledger is created


def accounting_day(at: datetime) -> date:
    """The accounting day an instant falls on."""
    return in_zone(at, ACCOUNTING_ZONE).date()
