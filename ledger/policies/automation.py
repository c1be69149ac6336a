"""What the running service does by itself, how often it tries, and when it calls a person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from ledger.deadlines import earlier, in_zone, later
from ledger.instants import Duration
from ledger.policies.policy import Policy

Step = Literal[
    "captures",
    "closings",
    "deemed_signatures",
    "demonstration_rates",
    "expired_returns",
    "unmatched_facts",
    "match_plans",
    "unmatched_scans",
    "lapsed_authorizations",
    "missing_lines",
    "month_end",
    "payouts",
    "refunds",
    "releases",
    "returned_payouts",
    "sending",
    "settlement",
    "stuck",
    "unallocated_captures",
    "unpaid_orders",
    "untied_declarations",
    "waiting_lines",
]
STEPS: tuple[Step, ...] = get_args(Step)
_ZONE = ZoneInfo("Asia/Shanghai")
_WEEK = 7
_HOLD_LASTS = timedelta(days=7)  # where the provider says nothing: what card schemes give at least
Weekday = Annotated[int, Field(ge=1, le=_WEEK)]  # ISO 8601: 1 is Monday


class Automation(Policy, key="automation"):
    """`off` names the steps that the service does not take.

    An approved refund is submitted as soon as it can be paid. A refund or capture that failed is tried again:
    `refund_attempts` times in all, first after `resubmit_after`, then after twice as long each time. A payment that is
    held is captured `capture_ahead` before the hold lapses (`before_the_hold_lapses`), or once a parcel of the order
    is on its way (`at_dispatch`). What waits for a partner for `stuck_after` is a break.

    A settlement run starts on `settlement_weekdays`, where 1 is Monday, at `settlement_hour` in Asia/Shanghai; on no
    day while none is named. On `month_end_day` of the next month a month is revalued, and an open one is a break.
    """

    off: tuple[Step, ...] = ()
    refund_attempts: int = Field(default=3, ge=1, le=20)
    resubmit_after: Duration = timedelta(hours=1)
    stuck_after: Duration = timedelta(days=3)
    capture_when: Literal["before_the_hold_lapses", "at_dispatch"] = "before_the_hold_lapses"
    capture_ahead: Duration = timedelta(days=1)
    settlement_weekdays: tuple[Weekday, ...] = ()
    settlement_hour: int = Field(default=10, ge=0, le=23)
    month_end_day: int = Field(default=3, ge=1, le=28)

    @model_validator(mode="before")
    @classmethod
    def _with_switches(cls, content: Any) -> Any:
        """A content from before there was `off` had a switch for refunds alone."""
        if not isinstance(content, dict) or "submit_refunds" not in content:
            return content
        lifted = {name: value for name, value in content.items() if name != "submit_refunds"}
        return lifted if content["submit_refunds"] else {**lifted, "off": ["refunds"]}

    def retry_at(self, failed_at: datetime, failures: int) -> datetime | None:
        """When what failed so often is tried again; None once it was tried often enough."""
        if failures >= self.refund_attempts:
            return None
        return later(failed_at, self.resubmit_after * 2 ** (failures - 1))

    def stuck_since(self, now: datetime) -> datetime:
        """What was asked for by then, and is not answered, is stuck."""
        return earlier(now, self.stuck_after)

    def capture_at(
        self, *, held_since: datetime, lapses_at: datetime | None, dispatched_at: datetime | None
    ) -> datetime | None:
        """When a held payment is captured; None while that is not known."""
        if self.capture_when == "at_dispatch":
            return dispatched_at
        return earlier(lapses_at or later(held_since, _HOLD_LASTS), self.capture_ahead)

    def settlement_due(self, now: datetime) -> datetime | None:
        """The instant of the newest settlement run that has come, within a week; None where none is due."""
        local = in_zone(now, _ZONE)
        today = local.replace(hour=self.settlement_hour, minute=0, second=0, microsecond=0)
        slots = (today - timedelta(days=days) for days in range(_WEEK + 1))
        return next((slot for slot in slots if slot <= local and slot.isoweekday() in self.settlement_weekdays), None)
