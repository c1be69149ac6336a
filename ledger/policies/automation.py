"""The work that the service does by itself: which steps, how many tries, and when a person must look."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, model_validator

from ledger.accounting_days import ACCOUNTING_ZONE
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
_WEEK = 7
HOLD_LASTS = timedelta(days=7)  # if the provider gives no time: the minimum of the card schemes
Weekday = Annotated[int, Field(ge=1, le=_WEEK)]  # ISO 8601: 1 is Monday


class Automation(Policy, key="automation"):
    """`off` lists the steps that the service does not take.

    An approved refund is submitted as soon as it can be paid. A failed refund or capture is tried again,
    `refund_attempts` times in all: first after `resubmit_after`, then each time after twice as long. An authorised
    payment is captured `capture_ahead` before the authorisation lapses (`before_the_hold_lapses`), or when the first
    parcel of the order is dispatched (`at_dispatch`). A request that a partner has not answered for `stuck_after`
    becomes a break.

    A settlement run starts on `settlement_weekdays` (1 is Monday) at `settlement_hour` in Asia/Shanghai; on no day if
    the list is empty. On `month_end_day` the month before is revalued; if its period is still open, that is a break.
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
        """Reads an older content, in which `submit_refunds` was the only switch."""
        if not isinstance(content, dict) or "submit_refunds" not in content:
            return content
        lifted = {name: value for name, value in content.items() if name != "submit_refunds"}
        return lifted if content["submit_refunds"] else {**lifted, "off": ["refunds"]}

    def retry_at(self, failed_at: datetime, failures: int) -> datetime | None:
        """Returns the time of the next try after so many failures; None if all tries are used."""
        if failures >= self.refund_attempts:
            return None
        return later(failed_at, self._wait(failures))

    @property
    def first_capture_by(self) -> Literal["lapses_at", "dispatched_at"]:
        """The instant on which the first capture of an authorised payment depends."""
        return "dispatched_at" if self.capture_when == "at_dispatch" else "lapses_at"

    def capture_bounds(self, now: datetime) -> dict[int, datetime]:
        """Returns the latest instant that makes a capture due, by number of failures: of `first_capture_by` before
        any failure, else of the last request.
        """
        first = now if self.capture_when == "at_dispatch" else later(now, self.capture_ahead)
        return self.refund_bounds(now) | {0: first}

    def refund_bounds(self, now: datetime) -> dict[int, datetime]:
        """Returns the latest instant that makes an attempt to refund due, by number of failures: of the approval
        before any failure, else of the last failure.
        """
        return {0: now} | {n: earlier(now, self._wait(n)) for n in range(1, self.refund_attempts)}

    def _wait(self, failures: int) -> timedelta:
        """Returns the wait after so many failures: twice as long each time."""
        try:
            wait: timedelta = self.resubmit_after * 2 ** (failures - 1)
            return wait
        except OverflowError:
            return timedelta.max

    def stuck_since(self, now: datetime) -> datetime:
        """Returns the latest instant of a request that counts as stuck at `now` if it has no answer."""
        return earlier(now, self.stuck_after)

    def capture_at(
        self, *, held_since: datetime, lapses_at: datetime | None, dispatched_at: datetime | None
    ) -> datetime | None:
        """Returns the time to capture an authorised payment; None as long as it is not known."""
        if self.capture_when == "at_dispatch":
            return dispatched_at
        return earlier(lapses_at or later(held_since, HOLD_LASTS), self.capture_ahead)

    def settlement_due(self, now: datetime) -> datetime | None:
        """Returns the time of the newest settlement run in the past week, up to `now`; None if there is none."""
        local = in_zone(now, ACCOUNTING_ZONE)
        today = local.replace(hour=self.settlement_hour, minute=0, second=0, microsecond=0)
        slots = (today - timedelta(days=days) for days in range(_WEEK + 1))
        return next((slot for slot in slots if slot <= local and slot.isoweekday() in self.settlement_weekdays), None)
