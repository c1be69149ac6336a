"""The trial of a policy on sample orders, before it is published."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ledger.deadlines import NEVER
from ledger.fx import CNY, Rate
from ledger.limits import EARLIEST_INSTANT
from ledger.money import Money
from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.policies.approvals import Approvals
from ledger.policies.automation import Automation
from ledger.policies.fees import Fees
from ledger.policies.payment_terms import PaymentTerms
from ledger.policies.payout_terms import PayoutTerms
from ledger.policies.policy import Policy
from ledger.policies.programme_start import ProgrammeStart
from ledger.policies.promise import Promise
from ledger.policies.reference_pricing import ReferencePricing
from ledger.policies.release import Release
from ledger.policies.return_window import ReturnWindow


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample order: placed at `at`, with the amount `gross`. Its one parcel is dispatched and signed for within a
    week.
    """

    name: str
    at: datetime
    gross: Money


_DAY, _GROSS = datetime(2026, 11, 2, 8, tzinfo=UTC), Money(50_000, CNY)
SAMPLES = (
    Sample("of an ordinary day", _DAY, _GROSS),
    Sample("of a leap day's last minute in Shanghai", datetime(2028, 2, 29, 15, 59, 59, tzinfo=UTC), _GROSS),
    Sample("of the night when clocks go back", datetime(2026, 10, 25, 1, 30, tzinfo=UTC), _GROSS),
    Sample("of one fen", _DAY, Money(1, CNY)),
    Sample("of ten billion yuan", _DAY, Money(10**12, CNY)),
    Sample("of the earliest instant allowed", EARLIEST_INSTANT, _GROSS),
    Sample("of the last days of the calendar", NEVER - timedelta(days=1), _GROSS),
)


def faults(policy: Policy) -> Iterator[str]:
    """Yields the faults of a policy, each with the sample order that shows it."""
    trial = _TRIALS.get(type(policy))
    for sample in SAMPLES if trial else ():
        try:
            found = [wrong for wrong, is_so in trial(policy, sample) if is_so]  # type: ignore[misc]
        except Exception as error:  # any exception would also stop a real order
            found = [f"it cannot be decided ({type(error).__name__}: {error})"]
        yield from (f"{wrong}, for an order {sample.name}" for wrong in found)


Claims = Iterator[tuple[str, bool]]  # a fault in words, and whether the policy has it


def _release(policy: Release, sample: Sample) -> Claims:
    yield "money is released before the signature", policy.due_at(sample.at) < sample.at


def _promise(policy: Promise, sample: Sample) -> Claims:
    promised_by = policy.promised_by(sample.at)
    yield "the warning comes after the promised time", policy.warn_at(sample.at, promised_by) > promised_by


def _lock(policy: AfterSalesLock, sample: Sample) -> Claims:
    for signed_at in (None, sample.at, sample.at - timedelta(days=9)):
        for proves in (True, False):
            policy.is_locked(sample.at, sample.at, signed_at, carrier_proves=proves)
    yield "the window ends before the hand-over", policy.window_ends_at(sample.at) < sample.at


def _return_window(policy: ReturnWindow, sample: Sample) -> Claims:
    ends = [policy.closes_at(sample.at), policy.return_by(sample.at)]
    yield "the return window ends before it begins", any(end is not None and end < sample.at for end in ends)


def _fees(policy: Fees, sample: Sample) -> Claims:
    merchants, categories = ("M-1", *policy.merchant_rates), ("home", *policy.category_rates)
    rates = {policy.rate_for(merchant_id=m, category_id=c, at=sample.at) for m in merchants for c in categories}
    taken = [policy.taken_from(sample.gross, rate) for rate in rates | {p.rate_bps for p in policy.promotions}]
    yield "fee and VAT are more than the sale", any(share.net.minor < 0 for share in taken)
    parts = [share.fee.minor + share.vat.minor + share.net.minor for share in taken]
    yield "fee, VAT and net do not add up to the sale", any(part != sample.gross.minor for part in parts)


def _payment_terms(policy: PaymentTerms, sample: Sample) -> Claims:
    ends = [policy.order_by(sample.at), policy.pay_by(sample.at)]
    yield "the payment term ends before it begins", any(end is not None and end < sample.at for end in ends)


def _approvals(policy: Approvals, sample: Sample) -> Claims:
    policy.decide_by(sample.at)
    yield "a round has no approver", not all(policy.approver_of(number + 1) for number in range(len(policy.rounds)))


def _pricing(policy: ReferencePricing, sample: Sample) -> Claims:
    today = date(2026, 11, 2)
    rate = Rate("USD", CNY, "7.2000", policy.rate_kind, "sample", today)
    yield "a rate of the same day is too old", not policy.is_fresh(rate, today)
    yield "a quote lapses before it is made", policy.expires_at(sample.at) < sample.at


def _payout_terms(policy: PayoutTerms, sample: Sample) -> Claims:
    payable = policy.payable(sample.gross)
    yield "the payout is more than the available balance", not 0 <= payable.minor <= sample.gross.minor


def _start(policy: ProgrammeStart, sample: Sample) -> Claims:
    policy.has_started(sample.at)
    yield "no merchant's country is named", not policy.merchant_countries


def _automation(policy: Automation, sample: Sample) -> Claims:
    yield "a request counts as stuck before it is made", policy.stuck_since(sample.at) > sample.at
    retries = [policy.retry_at(sample.at, failures) for failures in range(1, policy.refund_attempts + 1)]
    yield "a refund is tried again before it failed", any(at is not None and at < sample.at for at in retries)
    yield "a settlement run is due before its time", (policy.settlement_due(sample.at) or sample.at) > sample.at
    captured = policy.capture_at(held_since=sample.at, lapses_at=sample.at, dispatched_at=sample.at)
    yield "a payment is captured after its hold has lapsed", captured is None or captured > sample.at


_TRIALS: dict[type[Policy], Callable[[Any, Sample], Claims]] = {
    Release: _release,
    Promise: _promise,
    AfterSalesLock: _lock,
    ReturnWindow: _return_window,
    Fees: _fees,
    PaymentTerms: _payment_terms,
    Approvals: _approvals,
    ReferencePricing: _pricing,
    PayoutTerms: _payout_terms,
    ProgrammeStart: _start,
    Automation: _automation,
}
