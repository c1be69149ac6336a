"""The platform's own facts: policies, fee schedules, exchange rates, and facts that are not matched yet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from ledger.actors import Actor
from ledger.events.event import Event
from ledger.fx import Rate
from ledger.ids import Id
from ledger.money import Money
from ledger.sealed import Sealed


class _Published(Event):
    """What every published rule names; `content` is that of the policy model of this key, `version` counts from 1."""

    key: Id
    version: int
    content: dict[str, Any]
    effective_from: AwareDatetime
    proposer: Id
    approver: Id
    published_at: AwareDatetime


class PolicyPublished(_Published, name="policy.published", version=1):
    """A rule holds from `effective_from` until a later version does."""


class FeeScheduleSet(_Published, name="fee_schedule.set", version=1):
    """The service fee is this from `effective_from`, for orders placed under it."""


class FxRateRecorded(Event, name="fx.rate_recorded", version=1):
    """A source gave this rate for this pair and day. A later one for the same day replaces it for later decisions."""

    rate: Rate


class UnmatchedPaymentCaptured(Event, name="unmatched.payment_captured", version=1):
    """The provider took money for an order or merchant we do not know yet, and owes it to us."""

    psp: Id
    capture_ref: Id
    payment_id: Id | None = None
    psp_ref: str = ""
    amount: Money
    book_rate: Rate
    base: Money
    refs: dict[str, str]  # what it may belong to: checkout, order number, buyer
    happened_at: datetime
    source_amount: Money | None = None  # as an imported system gave it


class UnmatchedFactReported(Event, name="unmatched.fact_reported", version=1):
    """Something was reported about an order or merchant we do not know yet; no money moves."""

    system: Id
    reference: Id
    kind: Id
    refs: dict[str, str]
    body: dict[str, Any]  # canonical JSON: no floats, nothing personal
    details: Sealed[dict[str, Any]] | None = None
    happened_at: datetime


class MatchedPart(BaseModel):
    """What of a capture belongs to one order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    merchant_id: Id
    order_id: Id
    amount: Money


class MatchPlanned(Event, name="unmatched.match_planned", version=1):
    """Where the captured money belongs: it is reported to each of these orders next, and then given over here."""

    system: Id
    reference: Id
    parts: tuple[MatchedPart, ...]
    planned_by: Actor
    planned_at: datetime


class UnmatchedPartsTaken(Event, name="unmatched.parts_taken", version=1):
    """Not every order of a plan has recorded its part, and none of the others will under it.

    `amount`, what the orders have taken, is given over at `base`; what they have not waits for another plan.
    """

    system: Id
    reference: Id
    payment_id: Id | None
    taken: tuple[MatchedPart, ...]
    not_taken: tuple[MatchedPart, ...]
    amount: Money
    base: Money
    reported_at: datetime


class UnmatchedFactMatched(Event, name="unmatched.fact_matched", version=1):
    """The fact stands in the streams it belongs to; money it brought here is given over at the same rate."""

    system: Id
    reference: Id
    streams: tuple[str, ...]
    psp: Id | None = None
    payment_id: Id | None = None
    amount: Money | None = None
    base: Money | None = None
    matched_at: datetime
