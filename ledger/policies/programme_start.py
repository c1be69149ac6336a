"""The first day of the programme, and the countries of its merchants."""

from __future__ import annotations

from datetime import datetime

from ledger.deadlines import in_zone
from ledger.instants import Day, Zone, zone_of
from ledger.policies.policy import Policy


class ProgrammeStart(Policy, key="programme_start"):
    """Nothing takes effect before `first_day` (statement 4). Merchants are businesses of these countries (34)."""

    first_day: Day
    zone: Zone = "Asia/Shanghai"
    merchant_countries: tuple[str, ...] = ("CN",)

    def has_started(self, at: datetime) -> bool:
        """True from the start of the first day, local time."""
        return in_zone(at, zone_of(self.zone)).date() >= self.first_day
