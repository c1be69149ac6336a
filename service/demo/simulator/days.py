"""The days of a scenario: a calendar month of orders and the weeks after it, which end on the day it calls today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from ledger.calendar_months import first_day, last_day, month_of
from ledger.log.identity import Identity

# So long after its first day the month is delivered, settled, closed and paid.
WHOLE = timedelta(days=75)
SEED = 1  # of the month of a demonstration


@dataclass(frozen=True, slots=True)
class Days:
    """`first` is the first day of a calendar month, `today` the day on which the scenario ends, at midnight UTC."""

    first: date
    today: date

    @classmethod
    def until(cls, today: date) -> Days:
        """The latest month that is whole by this day, and the days from it on."""
        return cls(first_day(month_of(today - WHOLE)), today)

    @classmethod
    def of_demonstration(cls, identity: Identity) -> Days:
        """Those that end on the day the ledger was founded, whenever the month is recorded."""
        return cls.until(identity.created_at.astimezone(UTC).date())

    @classmethod
    def of_month(cls, first: date) -> Days:
        """A month that is whole on its last day."""
        return cls(first, first + WHOLE)

    @property
    def month(self) -> int:
        """How many days the month has."""
        return self.month_end.day

    @property
    def count(self) -> int:
        """How many days there are up to today."""
        return (self.today - self.first).days

    @property
    def month_end(self) -> date:
        return last_day(month_of(self.first))

    @property
    def end(self) -> datetime:
        """The instant after which nothing of the scenario happens."""
        return datetime.combine(self.today, time(), UTC)

    def at(self, number: int, *, hour: int = 0) -> datetime:
        """The instant so many days and hours into the month."""
        return datetime.combine(self.first, time(), UTC) + timedelta(days=number, hours=hour)
