"""Months of accounting days as `yyyy-mm`: first day, last day, and the months before and after."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta


def month_of(day: date) -> str:
    return day.isoformat()[:7]


def first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def last_day(month: str) -> date:
    first = first_day(month)
    return first.replace(day=monthrange(first.year, first.month)[1])


def month_after(month: str) -> str:
    return month_of(last_day(month) + timedelta(days=1))


def month_before(month: str) -> str:
    return month_of(first_day(month) - timedelta(days=1))
