"""Money of no order goes back to who paid it (P25)."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from commands.unmatched.match_payment import MatchPayment
from commands.unmatched.refund_unmatched_funds import RefundUnmatchedFunds
from commands.unmatched.report_unmatched_capture_failed import ReportUnmatchedCaptureFailed
from commands.unmatched.report_unmatched_payment import ReportUnmatchedPayment
from commands.unmatched.report_unmatched_refund_outcome import ReportUnmatchedRefundOutcome
from commands.unmatched.submit_unmatched_refund import SubmitUnmatchedRefund
from ledger.actors import Actor
from ledger.events.event import Event
from ledger.events.platform_money import UnmatchedFundsRefunded, UnmatchedRefundPaid
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.events.unmatched_money import (
    UnmatchedCaptureFailed,
    UnmatchedLiabilityExtinguished,
    UnmatchedRefundFailed,
    UnmatchedRefundReversed,
    UnmatchedRefundSubmitted,
)
from ledger.fx import Rate
from ledger.journal.posting import post
from ledger.policies.reference_pricing import ReferencePricing
from ledger.refusals.catalogue import AlreadySubmitted, CaseAlreadyOpen, RefundExceedsRemaining, RoleNotAllowed
from ledger.refusals.finance import ItemAlreadyMatched, UnmatchedItemNotFound
from tests.support.given import FINANCE, MERCHANT, NOW, PARTNER, RATES, ask, cny, given, usd

CAPTURED = tuple(
    given().when(ask(ReportUnmatchedPayment, by=PARTNER, psp="psp", capture_ref="c1", amount="USD 69.44")).events
)


def refund(amount: str | None = None, *, refund_id: str = "R-1") -> RefundUnmatchedFunds:
    return ask(
        RefundUnmatchedFunds,
        by=FINANCE,
        psp="psp",
        capture_ref="c1",
        refund_id=refund_id,
        amount=amount,
        reason="nobody_ordered",
    )


def paid(amount: str = "USD 69.44", **other: Any) -> ReportUnmatchedRefundOutcome:
    said = {"psp": "psp", "capture_ref": "c1", "refund_id": "R-1", "outcome": "succeeded", "amount": amount}
    return ask(ReportUnmatchedRefundOutcome, by=PARTNER, **{**said, **other})


REFUNDED = (*CAPTURED, *given(*CAPTURED).when(refund()).events)


def test_all_of_a_capture_is_owed_back_at_what_it_was_taken_in_at() -> None:
    event = given(*CAPTURED).when(refund()).then(UnmatchedFundsRefunded).event(UnmatchedFundsRefunded)
    entry = post(event)
    assert entry is not None
    assert [(line.account, line.amount, line.base) for line in entry.lines] == [
        ("2220", 6944, 49858),
        ("2210", -6944, -49858),
    ]


def test_the_parts_of_a_capture_add_up_to_what_it_was_taken_in_at() -> None:
    events = list(CAPTURED)
    for n, amount in enumerate(("USD 23.15", "USD 23.15", "USD 23.14")):
        events += given(*events).when(refund(amount, refund_id=f"R-{n}")).events
    bases = [event.base.minor for event in events if isinstance(event, UnmatchedFundsRefunded)]
    assert sum(bases) == 49858


def test_no_more_goes_back_than_came_in() -> None:
    given(*CAPTURED).when(refund("USD 69.45")).then_refused(RefundExceedsRemaining, remaining="USD 69.44")


def test_what_went_back_whole_has_nothing_left() -> None:
    given(*REFUNDED).when(refund(refund_id="R-2")).then_refused(RefundExceedsRemaining, remaining="USD 0.00")


def test_a_refund_id_is_used_once() -> None:
    given(*REFUNDED).when(refund()).then_refused(CaseAlreadyOpen, refund_id="R-1")


def test_money_that_is_being_matched_does_not_go_back() -> None:
    match = ask(
        MatchPayment,
        by=FINANCE,
        psp="psp",
        capture_ref="c1",
        parts=[{"merchant_id": "M-1", "order_id": "O-1"}],
    )
    planned = given(*CAPTURED).when(match).events
    given(*CAPTURED, *planned).when(refund()).then_refused(ItemAlreadyMatched, state="being matched")


def test_money_that_went_back_is_not_matched() -> None:
    parts = [{"merchant_id": "M-1", "order_id": "O-1"}]
    match = ask(MatchPayment, by=FINANCE, psp="psp", capture_ref="c1", parts=parts)
    given(*REFUNDED).when(match).then_refused(ItemAlreadyMatched, state="refunded")


def test_nothing_goes_back_that_never_came() -> None:
    given().when(refund()).then_refused(UnmatchedItemNotFound, source="psp", reference="c1")


def test_what_the_provider_paid_back_is_taken_from_what_it_owes_us() -> None:
    rate = Rate("USD", "CNY", "7.1600", "book", "test", RATES[1].as_of)
    event = given(*REFUNDED, rates=(rate,)).when(paid()).then(UnmatchedRefundPaid).event(UnmatchedRefundPaid)
    entry = post(event)
    assert entry is not None
    assert [(line.account, line.base) for line in entry.lines] == [("2210", 49858), ("1110", -49719), ("5210", -139)]


def test_hearing_of_it_twice_changes_nothing() -> None:
    reported = given(*REFUNDED).when(paid()).events
    given(*REFUNDED, *reported).when(paid()).then_nothing()


def test_another_amount_than_was_owed_moves_nothing_and_opens_a_break() -> None:
    opened = given(*REFUNDED).when(paid("USD 69.43")).then(ReconciliationBreakOpened)
    assert opened.event(ReconciliationBreakOpened).expected == str(usd("69.44"))


def test_a_refund_nobody_decided_is_booked_and_flagged() -> None:
    done = given(*CAPTURED).when(paid()).then(UnmatchedRefundPaid, ReconciliationBreakOpened)
    assert amounts(*done.events) == {"2210": 69_44, "1110": -69_44}
    assert done.event(ReconciliationBreakOpened).kind == "fact_contradicts_state"


def test_what_goes_back_is_worth_what_it_was_taken_in_at() -> None:
    assert given(*CAPTURED).when(refund()).event(UnmatchedFundsRefunded).base == cny("498.58")


def failed(**other: Any) -> ReportUnmatchedRefundOutcome:
    said = {"psp": "psp", "capture_ref": "c1", "refund_id": "R-1", "amount": "USD 69.44", "code": "closed"}
    said |= {"outcome": "failed"}
    return ask(ReportUnmatchedRefundOutcome, by=PARTNER, **{**said, **other})


def submit(by: Actor = FINANCE) -> SubmitUnmatchedRefund:
    return ask(SubmitUnmatchedRefund, by=by, psp="psp", capture_ref="c1", refund_id="R-1")


FAILED = (*REFUNDED, *given(*REFUNDED).when(failed()).events)


def test_a_refund_that_failed_stays_owed() -> None:
    event = given(*REFUNDED).when(failed()).then(UnmatchedRefundFailed).event(UnmatchedRefundFailed)
    assert (event.attempt_id, post(event)) == ("R-1", None)


def test_a_failure_reported_again_or_of_an_earlier_attempt_changes_nothing() -> None:
    given(*FAILED).when(failed()).then_nothing()
    anew = given(*FAILED).when(submit()).events
    given(*FAILED, *anew).when(failed(attempt_id="R-1")).then_nothing()


def test_a_refund_that_failed_is_sent_under_a_new_name() -> None:
    event = given(*FAILED).when(submit()).then(UnmatchedRefundSubmitted).event(UnmatchedRefundSubmitted)
    assert (event.attempt_id, event.amount) == ("R-1.2", usd("69.44"))


def test_what_is_on_its_way_is_not_sent_again() -> None:
    given(*REFUNDED).when(submit()).then_refused(AlreadySubmitted, refund_id="R-1")


def test_a_merchant_sends_nothing_back() -> None:
    given(*FAILED).when(submit(by=MERCHANT)).then_refused(RoleNotAllowed)


def later(days: int) -> dict[str, Any]:
    at = NOW + timedelta(days=days)
    return {"occurred_at": at, "at": at}


def amounts(*events: Event) -> dict[str, int]:
    """Returns the balance of each account in cents."""
    sums = Counter[str]()
    for line in (line for event in events if (entry := post(event)) for line in entry.lines):
        sums[line.account] += line.amount if line.currency == "USD" else 0
    return dict(sums)


def test_what_was_paid_and_came_back_is_reinstated_and_sent_anew() -> None:
    events = (*REFUNDED, *given(*REFUNDED).when(paid()).events)
    back = given(*events).when(failed(**later(1))).then(UnmatchedRefundReversed)
    entry = post(back.event(UnmatchedRefundReversed))
    assert entry is not None
    assert [(line.account, line.amount, line.base) for line in entry.lines] == [
        ("1110", 6944, 49858),
        ("2210", -6944, -49858),
    ]
    given(*events, *back.events).when(submit()).then(UnmatchedRefundSubmitted)


def test_a_payment_reported_after_its_failure_leaves_the_money_owed() -> None:
    events = (*REFUNDED, *given(*REFUNDED).when(failed(**later(2))).events)
    reported = given(*events).when(paid(**later(1))).then(UnmatchedRefundPaid, UnmatchedRefundReversed)
    given(*events, *reported.events).when(paid(**later(1))).then_nothing()
    assert reported.event(UnmatchedRefundReversed).posts_on == date(2025, 4, 3)


def test_a_failure_reported_after_a_later_payment_is_without_effect() -> None:
    events = (*REFUNDED, *given(*REFUNDED).when(paid(**later(2))).events)
    reported = given(*events).when(failed(**later(1))).then(UnmatchedRefundFailed)
    assert reported.event(UnmatchedRefundFailed).without_effect
    given(*events, *reported.events).when(failed(**later(1))).then_nothing()


def test_a_first_attempt_reported_late_leaves_the_second_on_its_way() -> None:
    events = (*REFUNDED, *given(*REFUNDED).when(failed(**later(2))).events)
    events = (*events, *given(*events).when(submit()).events)
    reported = (
        given(*events).when(paid(attempt_id="R-1", **later(1))).then(UnmatchedRefundPaid, UnmatchedRefundReversed)
    )
    events = (*events, *reported.events)
    given(*events).when(submit()).then_refused(AlreadySubmitted)
    given(*events).when(paid(attempt_id="R-1.2", **later(4))).then(UnmatchedRefundPaid)


def test_a_refund_that_two_attempts_paid_is_booked_and_flagged() -> None:
    events = (*REFUNDED, *given(*REFUNDED).when(failed(**later(1))).events)
    events = (*events, *given(*events).when(submit()).events)
    events = (*events, *given(*events).when(paid(attempt_id="R-1.2", **later(4))).events)
    done = given(*events).when(paid(attempt_id="R-1", **later(3))).then(UnmatchedRefundPaid, ReconciliationBreakOpened)
    assert {account: amount for account, amount in amounts(*events, *done.events).items() if amount} == {
        "2210": 69_44,
        "1110": -2 * 69_44 + 69_44,
    }
    assert done.event(ReconciliationBreakOpened).kind == "double_refund"


def test_a_refund_is_booked_at_an_old_rate_and_flagged() -> None:
    strict = ReferencePricing(rate_kind="reference", quote_validity=timedelta(hours=1), max_rate_age=timedelta(days=3))
    done = given(*REFUNDED, policies=(strict,)).when(paid()).then(UnmatchedRefundPaid, ReconciliationBreakOpened)
    assert done.event(ReconciliationBreakOpened).kind == "stale_rate"


def capture_failed(amount: str = "USD 69.44") -> ReportUnmatchedCaptureFailed:
    return ask(ReportUnmatchedCaptureFailed, by=PARTNER, psp="psp", capture_ref="c1", amount=amount, code="nsf")


def test_a_capture_of_nobody_that_failed_leaves_nothing() -> None:
    event = given(*CAPTURED).when(capture_failed()).then(UnmatchedCaptureFailed).event(UnmatchedCaptureFailed)
    entry = post(event)
    assert entry is not None
    assert [(line.account, line.amount, line.base) for line in entry.lines] == [
        ("2220", 6944, 49858),
        ("1110", -6944, -49858),
    ]


def test_what_was_owed_back_of_a_capture_that_failed_is_the_platforms_loss() -> None:
    partly = (*CAPTURED, *given(*CAPTURED).when(refund("USD 20.00")).events)
    done = given(*partly).when(capture_failed()).then(UnmatchedCaptureFailed, ReconciliationBreakOpened)
    entry = post(done.event(UnmatchedCaptureFailed))
    assert entry is not None
    assert [(line.account, line.amount) for line in entry.lines] == [("2220", 4944), ("5140", 2000), ("1110", -6944)]


def test_a_capture_fails_once_and_is_neither_matched_nor_refunded_afterwards() -> None:
    events = (*CAPTURED, *given(*CAPTURED).when(capture_failed()).events)
    given(*events).when(capture_failed()).then_nothing()
    given(*events).when(refund()).then_refused(ItemAlreadyMatched)


def test_a_failure_of_another_amount_moves_nothing() -> None:
    done = given(*CAPTURED).when(capture_failed("USD 1.00")).then(ReconciliationBreakOpened)
    assert done.event(ReconciliationBreakOpened).kind == "amount_mismatch"


def test_what_nobody_is_owed_is_not_sent_anew() -> None:
    events = (*REFUNDED, *given(*REFUNDED).when(failed()).events)
    done = given(*events).when(capture_failed())
    done.then(UnmatchedCaptureFailed, UnmatchedLiabilityExtinguished, ReconciliationBreakOpened)
    given(*events, *done.events).when(submit()).then_refused(ItemAlreadyMatched)
