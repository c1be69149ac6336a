"""The platform's own facts: policies, fee schedules, exchange rates and unmatched items."""

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
    """Fields of a published policy. `content` holds the fields of the policy model of `key`."""

    key: Id
    version: int
    content: dict[str, Any]
    effective_from: AwareDatetime
    proposer: Id
    approver: Id
    published_at: AwareDatetime


class PolicyPublished(_Published, name="policy.published", version=1):
    """A policy is in force from `effective_from` until a later version is.

    `version` counts from 1; `content` holds the fields of the policy model of `key`.
    """


class FeeScheduleSet(_Published, name="fee_schedule.set", version=1):
    """A fee schedule is in force from `effective_from`, for orders placed under it.

    `version` counts from 1; `content` holds the fields of the policy model of `key`.
    """


class FxRateRecorded(Event, name="fx.rate_recorded", version=1):
    """A source has published this rate for this pair and day.

    A later rate of the same kind, pair and day replaces it for later decisions. Recorded events keep the rate they
    used.
    """

    rate: Rate


class UnmatchedPaymentCaptured(Event, name="unmatched.payment_captured", version=1):
    """The provider has taken money and owes it to us, but the order or merchant is not known.

    `base` is `amount` in CNY at `book_rate`. `refs` holds the references that came with the money, such as checkout,
    order number or buyer. `source_amount` is the amount of an imported system.
    """

    psp: Id
    capture_ref: Id
    payment_id: Id | None = None
    psp_ref: str = ""
    amount: Money
    book_rate: Rate
    base: Money
    refs: dict[str, str]  # references that came with it: checkout, order number, buyer
    happened_at: datetime
    source_amount: Money | None = None  # as an imported system gave it


class UnmatchedFactReported(Event, name="unmatched.fact_reported", version=1):
    """A partner has reported something about an order or merchant that is not known. No money moves.

    `body` is the report without personal values, as canonical JSON without floats; `details` holds the personal values,
    sealed. `refs` holds the references that came with it.
    """

    system: Id
    reference: Id
    kind: Id
    refs: dict[str, str]
    body: dict[str, Any]  # canonical JSON without floats or personal values
    details: Sealed[dict[str, Any]] | None = None
    happened_at: datetime


class MatchedPart(BaseModel):
    """The part of a capture that belongs to one order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    merchant_id: Id
    order_id: Id
    amount: Money


class MatchPlanned(Event, name="unmatched.match_planned", version=1):
    """It is decided which orders the captured money belongs to.

    The service next reports each part to its order; then `unmatched.fact_matched` transfers the money out of book 0.
    """

    system: Id
    reference: Id
    parts: tuple[MatchedPart, ...]
    planned_by: Actor
    planned_at: datetime


class UnmatchedPartsTaken(Event, name="unmatched.parts_taken", version=1):
    """Some orders of a match have recorded their parts, and the others cannot. The match is over.

    `amount` is the sum that orders have taken; it leaves book 0 at `base` (CNY). The rest of the capture is unmatched
    again.
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
    """The item is recorded in the streams it belongs to. Its money leaves book 0 at the rate it came in with.

    `base` is `amount` in CNY. The fields of money are None if the item has no money.
    """

    system: Id
    reference: Id
    streams: tuple[str, ...]
    psp: Id | None = None
    payment_id: Id | None = None
    amount: Money | None = None
    base: Money | None = None
    matched_at: datetime
