"""Approved refunds that are not sent to their providers, each with the reason that keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from commands.refunds.submit_refund import SubmitRefund
from ledger.ids import command_id, merchant_of, order_of
from ledger.money import Money
from ledger.policies.automation import Automation
from ledger.refusals.catalogue import PolicyNotEffective
from ledger.streams.loader import load_each
from ledger.streams.orders.cases import Case
from ledger.streams.orders.order import Order
from projections.engine.views import Views
from projections.keyset import Key
from projections.worklists.refunds_to_submit import RefundToSubmit, unsent_refunds
from service.app import App
from service.automation.refunds import due_at
from service.loops.timer import TIMER

Keeper = Literal["refusal", "automation_off", "attempts_used_up", "next_attempt", "nothing"]


@dataclass(frozen=True, slots=True)
class UnsentRefund:
    """An approved refund with an amount that no attempt covers. One that waits for its goods is not among them.

    `since` is the approval, or the last failed attempt. `kept_by` is `nothing` for one that the next look of the timer
    sends. A person may send each that no refusal keeps.
    """

    since: datetime
    merchant: str
    order_id: str
    refund_id: str
    amount: Money  # not covered, in the buyer's currency
    failures: int  # attempts that failed or came back
    kept_by: Keeper
    next_at: datetime | None  # of the next attempt of the timer
    refusal: str  # the code, '' without one
    reason: str  # the sentence of the refusal
    stream: str


def kept_back(app: App, now: datetime, *, limit: int, after: Key | None = None, views: Views) -> list[UnsentRefund]:
    """Returns a page of the refunds, the longest waiting first. Raises `ViewBehind`."""
    found = unsent_refunds(views, after=after, limit=limit)
    books = {each.stream: app.ledger.directory.book_of(merchant_of(each.stream) or "") for each in found}
    orders = load_each(app.ledger.reader, books, Order)
    policy = _policy(app, now)
    return [_row(app, each, orders[each.stream].cases[each.refund_id], policy, now) for each in found]


def _row(app: App, each: RefundToSubmit, case: Case, policy: Automation | None, now: datetime) -> UnsentRefund:
    merchant, order = merchant_of(each.stream) or "", order_of(each.stream) or ""
    id = command_id("keeps-refund", each.stream, each.refund_id)  # of a trial, which nobody remembers
    trial = app.bus.trial(
        SubmitRefund(id=id, actor=TIMER, merchant_id=merchant, order_id=order, refund_id=each.refund_id)
    )
    refusal = trial.outcome.code
    due = due_at(case, each.at, policy) if policy else None
    return UnsentRefund(
        since=each.at,
        merchant=merchant,
        order_id=order,
        refund_id=each.refund_id,
        amount=case.unsubmitted,
        failures=sum(not attempt.counts for attempt in case.attempts.values()),
        kept_by="refusal" if refusal else _keeper(policy, due, now),
        next_at=due if due and due > now else None,
        refusal=refusal,
        reason=trial.outcome.sentence,
        stream=each.stream,
    )


def _keeper(policy: Automation | None, due: datetime | None, now: datetime) -> Keeper:
    if policy is None:
        return "automation_off"
    if due is None:
        return "attempts_used_up"
    return "next_attempt" if due > now else "nothing"


def _policy(app: App, now: datetime) -> Automation | None:
    """Returns the policy, None if no refund is sent without a person."""
    try:
        policy = app.bus.reference().policy(Automation, now)[0]
    except PolicyNotEffective:
        return None
    return None if "refunds" in policy.off else policy
