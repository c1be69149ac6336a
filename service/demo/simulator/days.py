"""The days of a simulation: a calendar month of orders and the weeks after it, up to its last day, "today"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from ledger.calendar_months import first_day, last_day, month_of
from ledger.log.identity import Identity

# Days after the first day by which the month is delivered, settled, closed and paid.
WHOLE = timedelta(days=75)
SEED = 1  # the month of a demonstration


@dataclass(frozen=True, slots=True)
class Days:
    """`first` is the first day of a calendar month; `today` is the day on which the simulation ends, at
    midnight UTC.
    """

    first: date
    today: date

    @classmethod
    def until(cls, today: date) -> Days:
        """Returns the latest month that is complete by this day, with the days after it."""
        return cls(first_day(month_of(today - WHOLE)), today)

    @classmethod
    def of_demonstration(cls, identity: Identity) -> Days:
        """Returns the days that end on the day the ledger was founded, no matter when the month is recorded."""
        return cls.until(identity.created_at.astimezone(UTC).date())

    @classmethod
    def of_month(cls, first: date) -> Days:
        """Returns a month with the days by which it is complete."""
        return cls(first, first + WHOLE)

    @property
    def month(self) -> int:
        """Returns the number of days of the month."""
        return self.month_end.day

    @property
    def count(self) -> int:
        """Returns the number of days up to today."""
        return (self.today - self.first).days

    @property
    def month_end(self) -> date:
        return last_day(month_of(self.first))

    @property
    def end(self) -> datetime:
        """Returns the instant after which nothing happens."""
        return datetime.combine(self.today, time(), UTC)

    def at(self, number: int, *, hour: int = 0) -> datetime:
        """Returns the instant this many days and hours after the start of the month."""
        return datetime.combine(self.first, time(), UTC) + timedelta(days=number, hours=hour)
