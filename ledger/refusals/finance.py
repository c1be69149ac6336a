"""Refusals of finance: payouts taken back, holds, write-offs, adjustments, periods, breaks, statements, unmatched
items."""

from __future__ import annotations

from datetime import date

from ledger.refusals.refusal import Refusal


class PayoutNotFound(
    Refusal, code="PAYOUT_NOT_FOUND", remedy="Name a payout of the merchant; `redledger payouts` lists them."
):
    """Merchant {merchant_id} has no payout {payout_id}."""

    merchant_id: str
    payout_id: str


class PayoutAlreadySubmitted(
    Refusal, code="PAYOUT_ALREADY_SUBMITTED", remedy="Recall it at the bank, and report what becomes of it."
):
    """The bank has payout {payout_id} already; it is {state}."""

    payout_id: str
    state: str


class PayoutIsOver(Refusal, code="PAYOUT_IS_OVER", remedy="Initiate another payout (initiate_payout)."):
    """Payout {payout_id} is over; it is {state}."""

    payout_id: str
    state: str


class HoldIdTaken(Refusal, code="HOLD_ID_TAKEN", remedy="Give every hold an id of its own."):
    """A hold {hold_id} was made before."""

    hold_id: str


class HoldNotFound(Refusal, code="HOLD_NOT_FOUND", remedy="Name a hold that still keeps something back."):
    """Merchant {merchant_id} has no hold {hold_id} that keeps money back."""

    merchant_id: str
    hold_id: str


class HoldExceeded(Refusal, code="HOLD_EXCEEDED", remedy="Release no more than the {held} that is held."):
    """{asked} is to be released from hold {hold_id}, which keeps {held} back."""

    hold_id: str
    asked: str
    held: str


class WriteOffExceedsDebt(
    Refusal, code="WRITE_OFF_EXCEEDS_DEBT", remedy="Write off no more than the {debt} that is owed."
):
    """{asked} is to be written off, and merchant {merchant_id} owes {debt}."""

    merchant_id: str
    asked: str
    debt: str


class ProposalIdTaken(Refusal, code="PROPOSAL_ID_TAKEN", remedy="Give every proposal an id of its own."):
    """A proposal {proposal_id} was made before."""

    proposal_id: str


class AdjustmentPosted(Refusal, code="ADJUSTMENT_POSTED", remedy="Give every adjustment an id of its own."):
    """Adjustment {adjustment_id} is posted already."""

    adjustment_id: str


class ProposalNotOpen(
    Refusal,
    code="PROPOSAL_NOT_OPEN",
    remedy="Make a new proposal where it is still needed; `redledger proposals` lists the open ones.",
):
    """Proposal {proposal_id} is not open: {state}."""

    proposal_id: str
    state: str


class ProposalOutdated(Refusal, code="PROPOSAL_OUTDATED", remedy="Reject it, and propose it anew."):
    """Proposal {proposal_id} asks for {command} in a form that is no longer valid: {why}."""

    proposal_id: str
    command: str
    why: str


class NotParked(Refusal, code="NOT_PARKED", remedy="Choose one that `redledger parked` lists."):
    """Nothing is parked as {what} in book {book}."""

    what: str
    book: int


class JournalUnbalanced(
    Refusal, code="JOURNAL_UNBALANCED", remedy="Let debits and credits come to the same sum in CNY."
):
    """The entry does not balance: debits are {debits} and credits {credits}."""

    debits: str
    credits: str


class AccountRestricted(
    Refusal, code="ACCOUNT_RESTRICTED", remedy="Use the command that moves this account, or another account."
):
    """Account {account} takes no manual adjustment here: {why}."""

    account: str
    why: str


class MerchantChargeNotAllowed(
    Refusal,
    code="MERCHANT_CHARGE_NOT_ALLOWED",
    remedy="Post it to the platform: a merchant pays the technical service fee and nothing else.",
):
    """{amount} would be taken from merchant {merchant_id} for account {account}."""

    merchant_id: str
    account: str
    amount: str


class PeriodClosed(
    Refusal,
    code="PERIOD_CLOSED",
    remedy="Choose {first_open_day} or a later day, or have the period reopened (reopen_period).",
):
    """{day} is in a closed period; the first open accounting day is {first_open_day}."""

    day: date
    first_open_day: date


class PeriodNotOver(Refusal, code="PERIOD_NOT_OVER", remedy="Ask again when {last_day} is over in Asia/Shanghai."):
    """Period {period} lasts until {last_day}."""

    period: str
    last_day: date


class ClosingNotApproved(
    Refusal, code="CLOSING_NOT_APPROVED", remedy="Propose close_period, and have somebody else approve it."
):
    """No two people have asked for the closing of period {period}."""

    period: str


class PeriodOutOfOrder(
    Refusal, code="PERIOD_OUT_OF_ORDER", remedy="Close periods one by one, and reopen the last closed one first."
):
    """Period {asked} is asked for, and {expected} is next."""

    asked: str
    expected: str


class ValueNotStorable(
    Refusal, code="VALUE_NOT_STORABLE", remedy="Send values within the limits of docs/limits.md under a new id."
):
    """What {command} would record could not be read again: {reason}."""

    command: str
    reason: str


class BookUnknown(Refusal, code="BOOK_UNKNOWN", remedy="Name a book of this ledger; `redledger status` lists them."):
    """This ledger has no book {book}."""

    book: int


class RevaluationOutdated(
    Refusal, code="REVALUATION_OUTDATED", remedy="Read the balances again, and say how many revaluations they include."
):
    """The balances include {included} of the revaluations of {period}, of which {posted} stand in the books."""

    period: str
    included: int
    posted: int


class BreakNotOpen(
    Refusal,
    code="BREAK_NOT_OPEN",
    remedy="Name an open break; `redledger exceptions` lists each with its stream.",
    remedies={
        "its money is to be matched to an order or given back": "Match the money (`redledger match`), or give it back."
    },
):
    """Stream {stream} has no open break {break_id}: {state}."""

    stream: str
    break_id: str
    state: str


class StatementGap(Refusal, code="STATEMENT_GAP", remedy="Begin the statement at {field} {expected}."):
    """The statement begins at {field} {given}, and the last one ended at {expected}."""

    field: str
    given: str
    expected: str


class StatementUnbalanced(
    Refusal, code="STATEMENT_UNBALANCED", remedy="Make the statement anew, so that it closes at {expected}."
):
    """The statement closes at {given}, and {what} is {expected}."""

    what: str
    given: str
    expected: str


class StatementOutdated(Refusal, code="STATEMENT_OUTDATED", remedy="Make the statement anew."):
    """The merchant's money has moved since the statement was made: its account was at version {given}, and is at
    {current}."""

    given: int
    current: int


class UnmatchedItemNotFound(
    Refusal,
    code="UNMATCHED_ITEM_NOT_FOUND",
    remedy="Name a reference that waits unmatched; `redledger unmatched` lists them.",
):
    """There is no unmatched item of {source} under {reference} that this can be done with."""

    source: str
    reference: str


class ItemAlreadyMatched(
    Refusal,
    code="ITEM_ALREADY_MATCHED",
    remedy="Leave it as it is: what was decided about this money stands.",
    remedies={"being matched": "Leave it as it is: the service goes on with the match that was decided."},
):
    """The reference {reference} of {source} is already {state}."""

    source: str
    reference: str
    state: str


class AllocationExceedsCapture(
    Refusal,
    code="ALLOCATION_EXCEEDS_CAPTURE",
    remedy="Name each order once, and let the parts come to exactly {captured}.",
):
    """The parts are {parts}, and {captured} of the capture is to be matched."""

    parts: str
    captured: str


class RunNotStarted(Refusal, code="RUN_NOT_STARTED", remedy="Start the settlement run first (start_settlement_run)."):
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
    """Policy {policy} fails on sample orders: {faults}."""

    policy: str
    faults: tuple[str, ...]
