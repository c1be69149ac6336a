"""Refused commands of finance, by code: payouts, holds, write-offs, adjustments, periods, breaks, statements, unmatched
items.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from commands.command import Command
from ledger.refusals.catalogue import Refusal
from tests.commands.accounting import test_adjustments, test_close_period, test_post_fx_revaluation, test_proposals
from tests.commands.payouts import (
    test_cancel_payout,
    test_hold_settlement,
    test_submit_payout,
    test_write_off_merchant_debt,
)
from tests.commands.payouts.payout_stages import FAILED, INITIATED, SUBMITTED
from tests.commands.reconciliation import test_resolve_break
from tests.commands.settlement import test_hold_line, test_issue_statement
from tests.commands.unmatched import test_match_payment, test_refund_unmatched_funds
from tests.support.given import cny, given

Cause = Callable[[], Refusal | None]
_SERVICE_COST = (
    test_adjustments.debit("2120", "CNY 20.00"),
    test_adjustments.credit("5110", "CNY 20.00"),
)


def after(*events: Any, ask: Command, **other: Any) -> Refusal | None:
    return given(*events, **other).when(ask).refusal


def held(ask: Command) -> Refusal | None:
    return test_hold_settlement.merchant(*test_hold_settlement.HELD.events).when(ask).refusal


def proposed(*lines: dict[str, Any]) -> Refusal | None:
    return test_adjustments.post_lines(*lines).refusal


def matched(*parts: dict[str, Any]) -> Refusal | None:
    return after(*test_match_payment.CAPTURED, ask=test_match_payment.match(*parts))


CAUSES: dict[str, Cause] = {
    "PAYOUT_NOT_FOUND": lambda: after(ask=test_submit_payout.SUBMIT),
    "PAYOUT_ALREADY_SUBMITTED": lambda: after(INITIATED, SUBMITTED, ask=test_cancel_payout.CANCEL),
    "PAYOUT_IS_OVER": lambda: after(INITIATED, FAILED, ask=test_cancel_payout.CANCEL),
    "HOLD_ID_TAKEN": lambda: held(test_hold_settlement.hold()),
    "LINE_ON_HOLD": lambda: test_hold_line.held().refusal("hold_line", **test_hold_line.HOLD | {"hold_id": "H-2"}),
    "HOLD_NOT_FOUND": lambda: held(test_hold_settlement.release(hold_id="H-9")),
    "HOLD_EXCEEDED": lambda: held(test_hold_settlement.release("CNY 100.01")),
    "WRITE_OFF_EXCEEDS_DEBT": lambda: after(
        ask=test_write_off_merchant_debt.propose(), accounts={"M-1": cny("-132.99")}
    ),
    "ADJUSTMENT_POSTED": lambda: after(
        *test_adjustments.PROPOSED,
        *given(*test_adjustments.PROPOSED).when(test_adjustments.approve()).events,
        ask=test_adjustments.propose(*test_adjustments.GOODWILL, proposal_id="P-2"),
    ),
    "PROPOSAL_ID_TAKEN": lambda: after(
        *test_adjustments.PROPOSED, ask=test_adjustments.propose(*test_adjustments.GOODWILL)
    ),
    "PROPOSAL_OUTDATED": lambda: after(
        test_proposals.MADE.model_copy(update={"data": {}}), ask=test_proposals.decided("approve_proposal")
    ),
    "NOT_PARKED": lambda: after(ask=test_proposals.propose("unpark_effect")),
    "PROPOSAL_NOT_OPEN": lambda: after(ask=test_adjustments.approve()),
    "JOURNAL_UNBALANCED": lambda: proposed(
        test_adjustments.debit("5160", "CNY 20.00"), test_adjustments.credit("2120", "CNY 19.99")
    ),
    "ACCOUNT_RESTRICTED": lambda: proposed(
        test_adjustments.debit("5160", "CNY 20.00"), test_adjustments.credit("2140", "CNY 20.00")
    ),
    "MERCHANT_CHARGE_NOT_ALLOWED": lambda: proposed(*_SERVICE_COST),
    "CLOSING_NOT_APPROVED": lambda: after(ask=test_close_period.complete("2025-03")),
    "PERIOD_CLOSED": lambda: after(*test_close_period.MARCH, ask=test_close_period.close_book("2025-03")),
    "PERIOD_NOT_OVER": lambda: after(ask=test_close_period.close_book("2025-03", at="2025-03-31T15:59:59Z")),
    "PERIOD_OUT_OF_ORDER": lambda: after(*test_close_period.MARCH, ask=test_close_period.close_book("2025-05")),
    "REVALUATION_OUTDATED": lambda: after(
        *test_post_fx_revaluation.POSTED.events,
        ask=test_post_fx_revaluation.revalue(test_post_fx_revaluation.OWED_BY_PSP),
    ),
    "BREAK_NOT_OPEN": lambda: after(
        test_resolve_break.OPENED, *test_resolve_break.RESOLVED, ask=test_resolve_break.resolve()
    ),
    "STATEMENT_GAP": lambda: after(
        *test_issue_statement.FIRST,
        ask=test_issue_statement.issue(**test_issue_statement.NEXT | {"after_position": 39}),
    ),
    "STATEMENT_UNBALANCED": lambda: after(ask=test_issue_statement.issue(closing="CNY 475.01")),
    "STATEMENT_OUTDATED": lambda: after(
        ask=test_issue_statement.issue(account_version=0), accounts={"M-1": cny("475.00")}
    ),
    "UNMATCHED_ITEM_NOT_FOUND": lambda: after(ask=test_refund_unmatched_funds.refund()),
    "ITEM_ALREADY_MATCHED": lambda: after(
        *test_match_payment.CAPTURED,
        *test_match_payment.PLANNED,
        ask=test_refund_unmatched_funds.refund(),
    ),
    "ALLOCATION_EXCEEDS_CAPTURE": lambda: matched(test_match_payment.part("O-1", "USD 69.45")),
    "RUN_NOT_STARTED": lambda: after(ask=test_issue_statement.COMPLETE),
}
