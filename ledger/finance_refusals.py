"""Refusals of finance: payouts taken back, holds, write-offs, adjustments, periods, breaks, statements, the inbox."""

from __future__ import annotations

from datetime import date

from ledger.refusal import Refusal


class PayoutNotFound(Refusal, code="PAYOUT_NOT_FOUND", remedy="Name a payout of the merchant."):
    """The merchant {merchant_id} has no payout {payout_id}."""

    merchant_id: str
    payout_id: str


class PayoutAlreadySubmitted(
    Refusal, code="PAYOUT_ALREADY_SUBMITTED", remedy="Recall it at the bank, and report what becomes of it."
):
    """The bank has the payout {payout_id} already: it is {state}."""

    payout_id: str
    state: str


class PayoutIsOver(Refusal, code="PAYOUT_IS_OVER", remedy="Initiate another payout."):
    """The payout {payout_id} is over: {state}."""

    payout_id: str
    state: str


class HoldIdTaken(Refusal, code="HOLD_ID_TAKEN", remedy="Give every hold an id of its own."):
    """The hold {hold_id} was made before."""

    hold_id: str


class LineOnHold(Refusal, code="LINE_ON_HOLD", remedy="End the hold first."):
    """The money of line {line_id} is kept back by the hold {hold_id}."""

    line_id: str
    hold_id: str


class HoldNotFound(Refusal, code="HOLD_NOT_FOUND", remedy="Name a hold that still keeps something back."):
    """The merchant {merchant_id} has no hold {hold_id} that keeps money back."""

    merchant_id: str
    hold_id: str


class HoldExceeded(Refusal, code="HOLD_EXCEEDED", remedy="Release no more than is held."):
    """{asked} are to be released from the hold {hold_id}, which keeps back {held}."""

    hold_id: str
    asked: str
    held: str


class WriteOffExceedsDebt(Refusal, code="WRITE_OFF_EXCEEDS_DEBT", remedy="Write off no more than is owed."):
    """{asked} are to be written off and the merchant {merchant_id} owes {debt}."""

    merchant_id: str
    asked: str
    debt: str


class ProposalIdTaken(Refusal, code="PROPOSAL_ID_TAKEN", remedy="Give every proposal an id of its own."):
    """The proposal {proposal_id} was made before."""

    proposal_id: str


class AdjustmentPosted(Refusal, code="ADJUSTMENT_POSTED", remedy="Give every adjustment an id of its own."):
    """The adjustment {adjustment_id} is posted already."""

    adjustment_id: str


class ProposalNotOpen(Refusal, code="PROPOSAL_NOT_OPEN", remedy="Make a new proposal where it is still needed."):
    """The proposal {proposal_id} is not open: {state}."""

    proposal_id: str
    state: str


class ProposalOutdated(Refusal, code="PROPOSAL_OUTDATED", remedy="Reject it, and propose it anew."):
    """The proposal {proposal_id} asks for {command} in a form that is no longer valid: {why}."""

    proposal_id: str
    command: str
    why: str


class NotParked(Refusal, code="NOT_PARKED", remedy="Choose one that `redledger parked` lists."):
    """Nothing is parked as {what} in book {book}."""

    what: str
    book: int


class JournalUnbalanced(Refusal, code="JOURNAL_UNBALANCED", remedy="Let debits and credits be the same in CNY."):
    """The entry does not balance: debits are {debits} and credits {credits}."""

    debits: str
    credits: str


class AccountRestricted(
    Refusal, code="ACCOUNT_RESTRICTED", remedy="Use the command that moves this account, or another account."
):
    """The account {account} takes no manual adjustment here: {why}."""

    account: str
    why: str


class MerchantChargeNotAllowed(
    Refusal,
    code="MERCHANT_CHARGE_NOT_ALLOWED",
    remedy="Post it to the platform: a merchant pays the technical service fee and nothing else.",
):
    """{amount} would be taken from the merchant {merchant_id} for the account {account}."""

    merchant_id: str
    account: str
    amount: str


class PeriodClosed(Refusal, code="PERIOD_CLOSED", remedy="Post it to an open day, or have the period reopened."):
    """The day {day} is closed; the first open accounting day is {first_open_day}."""

    day: date
    first_open_day: date


class PeriodNotOver(Refusal, code="PERIOD_NOT_OVER", remedy="Close it when its last day is over."):
    """The period {period} lasts until {last_day}."""

    period: str
    last_day: date


class ClosingNotApproved(
    Refusal, code="CLOSING_NOT_APPROVED", remedy="Propose close_period, and have somebody else approve it."
):
    """No two people have said that {period} is to be closed."""

    period: str


class PeriodOutOfOrder(Refusal, code="PERIOD_OUT_OF_ORDER", remedy="Close periods one by one; reopen the last one."):
    """The period {asked} is asked for and {expected} is next."""

    asked: str
    expected: str


class ValueNotStorable(
    Refusal, code="VALUE_NOT_STORABLE", remedy="Send values within the limits of docs/limits.md under a new id."
):
    """What {command} would record could not be read again: {reason}."""

    command: str
    reason: str


class BookUnknown(Refusal, code="BOOK_UNKNOWN", remedy="Name a book of this ledger."):
    """This ledger has no book {book}."""

    book: int


class RevaluationOutdated(
    Refusal, code="REVALUATION_OUTDATED", remedy="Read the balances again, and say how many revaluations they include."
):
    """The balances include {included} revaluations of {period}, and there are {posted}."""

    period: str
    included: int
    posted: int


class BreakNotOpen(Refusal, code="BREAK_NOT_OPEN", remedy="Name an open break of the stream it was opened in."):
    """The stream {stream} has no open break {break_id}: {state}."""

    stream: str
    break_id: str
    state: str


class StatementGap(Refusal, code="STATEMENT_GAP", remedy="Begin where the last statement ended."):
    """The statement begins at {field} {given}, and the last one ended at {expected}."""

    field: str
    given: str
    expected: str


class StatementUnbalanced(
    Refusal, code="STATEMENT_UNBALANCED", remedy="Let opening and totals come to the closing balance."
):
    """The statement closes at {given}, and opening with totals comes to {expected}."""

    given: str
    expected: str


class StatementOutdated(Refusal, code="STATEMENT_OUTDATED", remedy="Make the statement anew."):
    """The merchant's money has moved since the statement was made: version {given} is now {current}."""

    given: int
    current: int


class InboxItemNotFound(Refusal, code="INBOX_ITEM_NOT_FOUND", remedy="Name a reference that stands in the inbox."):
    """The inbox has nothing of {source} under {reference} that could be done this with."""

    source: str
    reference: str


class InboxAlreadyRouted(
    Refusal, code="INBOX_ALREADY_ROUTED", remedy="Nothing: go on with the routing that was decided."
):
    """The reference {reference} of {source} is already {state}."""

    source: str
    reference: str
    state: str


class AllocationExceedsCapture(
    Refusal, code="ALLOCATION_EXCEEDS_CAPTURE", remedy="Let the parts be exactly what was captured."
):
    """The parts come to {parts} and {captured} were captured."""

    parts: str
    captured: str


class RunNotStarted(Refusal, code="RUN_NOT_STARTED", remedy="Start the settlement run first."):
    """There is no settlement run {run_id}."""

    run_id: str


class AmountTooLarge(
    Refusal, code="AMOUNT_TOO_LARGE", remedy="Check the amount and the exchange rate; report a larger sum in parts."
):
    """{amount} minor units of {currency} are to be posted to account {account}; the books hold at most {most}."""

    amount: str
    currency: str
    account: str
    most: str


class PolicyNotUsable(
    Refusal,
    code="POLICY_NOT_USABLE",
    remedy="Correct the content and publish it again; orders go on under the old one.",
):
    """The policy {policy} fails on sample orders: {faults}."""

    policy: str
    faults: tuple[str, ...]
