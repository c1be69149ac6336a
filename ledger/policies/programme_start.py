"""When the programme began, and whose businesses it is for."""

from __future__ import annotations

from datetime import datetime

from ledger.deadlines import in_zone
from ledger.instants import Day, Zone, zone_of
from ledger.policies.policy import Policy


class ProgrammeStart(Policy, key="programme_start"):
    """Nothing takes effect before `first_day` (statement 4); merchants are businesses of these countries (34)."""

    first_day: Day
    zone: Zone = "Asia/Shanghai"
    merchant_countries: tuple[str, ...] = ("CN",)

    def has_started(self, at: datetime) -> bool:
        """Whether the programme runs at `at`; it begins with the first day, local time."""
        return in_zone(at, zone_of(self.zone)).date() >= self.first_day
