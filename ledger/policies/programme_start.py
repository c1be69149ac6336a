"""When the programme began, and whose businesses it is for."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from ledger.policies.policy import Policy


class ProgrammeStart(Policy, key="programme_start"):
    """Nothing takes effect before `first_day` (statement 4); merchants are businesses of these countries (34)."""

    first_day: date
    zone: str = "Asia/Shanghai"
    merchant_countries: tuple[str, ...] = ("CN",)

    def has_started(self, at: datetime) -> bool:
        """Whether the programme runs at `at`; it begins with the first day, local time."""
        return at.astimezone(ZoneInfo(self.zone)).date() >= self.first_day
