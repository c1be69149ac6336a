"""What the running service does by itself, how often it tries, and when it calls a person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from ledger.deadlines import earlier, in_zone, later
from ledger.instants import Duration
from ledger.policies.policy import Policy

_ZONE = ZoneInfo("Asia/Shanghai")
_WEEK = 7
Weekday = Annotated[int, Field(ge=1, le=_WEEK)]  # ISO 8601: 1 is Monday


class Automation(Policy, key="automation"):
    """Refunds are submitted when they can be paid, and again after a failure: `refund_attempts` times in all, first
    after `resubmit_after`, then after twice as long each time.

    What waits for a partner for `stuck_after` is a break. A settlement run starts on `settlement_weekdays`, where 1 is
    Monday, at `settlement_hour` in Asia/Shanghai; on no day while none is named.
    """

    submit_refunds: bool = True
    refund_attempts: int = Field(default=3, ge=1, le=20)
    resubmit_after: Duration = timedelta(hours=1)
    stuck_after: Duration = timedelta(days=3)
    settlement_weekdays: tuple[Weekday, ...] = ()
    settlement_hour: int = Field(default=10, ge=0, le=23)

    def retry_at(self, failed_at: datetime, failures: int) -> datetime | None:
        """When a refund that failed so often is submitted again; None once it was tried often enough."""
        if failures >= self.refund_attempts:
            return None
        return later(failed_at, self.resubmit_after * 2 ** (failures - 1))

    def stuck_since(self, now: datetime) -> datetime:
        """What was asked for by then, and is not answered, is stuck."""
        return earlier(now, self.stuck_after)

    def settlement_due(self, now: datetime) -> datetime | None:
        """The instant of the settlement run of today, in Shanghai, once it has come; None on other days."""
        local = in_zone(now, _ZONE)
        slot = local.replace(hour=self.settlement_hour, minute=0, second=0, microsecond=0)
        return slot if local.isoweekday() in self.settlement_weekdays and slot <= local else None
