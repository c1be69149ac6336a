"""What buyers dispute at their card issuer, and what becomes of it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import datetime, timedelta
from typing import Any

from ledger.money import Money
from service.demo.simulator.scenarios.order_steps import PSP, Story, asks_back, placed_and_paid
from service.demo.simulator.scenarios.shipments import RELEASE_AFTER, all_sent, released
from service.demo.simulator.step import PROVIDER, SERVICE_DESK, Step

_ONE_DAY = timedelta(days=1)
_FEES = {"USD": 1_500, "HKD": 8_500, "MOP": 8_500}


def inquiry_closed(story: Story) -> Iterator[Step]:
    """The issuer asks, the proof of delivery answers; no money moves."""
    signed_at = yield from _delivered(story)
    yield _opened(story, signed_at + 2 * _ONE_DAY, stage="inquiry", reason="not_received")
    yield _evidence(story, signed_at + 3 * _ONE_DAY)
    yield _told(story, signed_at + 6 * _ONE_DAY, "report_dispute_won")
    yield released(story, signed_at)


def chargeback_won(story: Story) -> Iterator[Step]:
    """An inquiry becomes a chargeback; meanwhile the buyer may not ask for a refund too. We win."""
    signed_at = yield from _delivered(story)
    yield _opened(story, signed_at + 2 * _ONE_DAY, stage="inquiry", reason="not_received")
    at = yield from _charged_back(story, signed_at + 4 * _ONE_DAY, reason="not_received")
    yield from asks_back(story, at + _ONE_DAY, reason="broken")
    yield _evidence(story, at + 2 * _ONE_DAY)
    yield _told(story, at + 9 * _ONE_DAY, "report_dispute_won")
    yield released(story, at + 3 * _ONE_DAY)


def chargeback_lost_by_the_merchant(story: Story) -> Iterator[Step]:
    """Not as described: the merchant gives back what had been released to it."""
    signed_at = yield from _delivered(story)
    yield released(story, signed_at)
    at = yield from _charged_back(story, signed_at + RELEASE_AFTER + _ONE_DAY, reason="product_unacceptable")
    yield _told(story, at + 8 * _ONE_DAY, "report_dispute_lost")


def chargeback_lost_by_the_platform(story: Story) -> Iterator[Step]:
    """Never received, says the issuer, whatever the carrier says: the merchant keeps the sale."""
    signed_at = yield from _delivered(story)
    at = yield from _charged_back(story, signed_at + _ONE_DAY, reason="not_received")
    yield _told(story, at + 8 * _ONE_DAY, "report_dispute_lost")


def second_stage_won(story: Story) -> Iterator[Step]:
    """Lost at first; it opens again, and the loss is taken back."""
    signed_at = yield from _delivered(story)
    at = yield from _charged_back(story, signed_at + _ONE_DAY, reason="fraud")
    yield _told(story, at + 6 * _ONE_DAY, "report_dispute_lost")
    yield _opened(story, at + 8 * _ONE_DAY, stage="second_stage", reason="fraud")
    yield _evidence(story, at + 9 * _ONE_DAY)
    yield _told(story, at + 15 * _ONE_DAY, "report_dispute_won")


def lost(story: Story, at: datetime, amount: Money) -> Iterator[Step]:
    """So much of the money is charged back, and a week later it is the buyer's."""
    yield _opened(story, at, stage="chargeback", reason="product_unacceptable", amount=amount)
    money = {"psp_ref": f"txn_{_name(story)}", "amount": amount}
    yield _told(story, at + timedelta(hours=1), "report_dispute_funds_withdrawn", **money)
    yield _told(story, at + 7 * _ONE_DAY, "report_dispute_lost")


def _delivered(story: Story) -> Generator[Step, None, datetime]:
    paid_at = yield from placed_and_paid(story)
    return (yield from all_sent(story, paid_at))


def _charged_back(story: Story, at: datetime, *, reason: str) -> Generator[Step, None, datetime]:
    """Opened, the money withdrawn, the fee charged; when that was over."""
    yield _opened(story, at, stage="chargeback", reason=reason)
    money = {"psp_ref": f"txn_{_name(story)}", "amount": story.basket.total}
    yield _told(story, at + timedelta(hours=1), "report_dispute_funds_withdrawn", **money)
    currency = story.basket.total.currency
    fee = {"psp_ref": f"fee_{_name(story)}", "amount": Money(_FEES[currency], currency)}
    yield _told(story, at + timedelta(hours=2), "report_dispute_fee", **fee)
    return at + timedelta(hours=2)


def _opened(story: Story, at: datetime, *, stage: str, reason: str, amount: Money | None = None) -> Step:
    told = {"stage": stage, "reason": reason, "amount": amount or story.basket.total, "due_by": at + 10 * _ONE_DAY}
    return _told(story, at, "report_dispute_opened", capture_ref=story.capture_ref, **told)


def _evidence(story: Story, at: datetime) -> Step:
    note = f"{story.basket.buyer.name} signed for it"
    evidence = {"dispute_id": _name(story), "evidence_refs": [f"pod-{story.parcel_id}"], "note": note}
    return story.asks(at, "submit_dispute_evidence", SERVICE_DESK, **evidence)


def _told(story: Story, at: datetime, report: str, **what: Any) -> Step:
    return story.reports(at, report, PROVIDER, dispute_id=_name(story), psp=PSP, **what)


def _name(story: Story) -> str:
    return f"dp_{story.order_id}"
