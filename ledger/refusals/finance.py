"""Refusals of finance: payouts, holds, write-offs, adjustments, periods, breaks, statements and unmatched items."""

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
    Refusal, code="PAYOUT_ALREADY_SUBMITTED", remedy="Ask the bank to recall the payout, and report the bank's answer."
):
    """The bank already has payout {payout_id}; it is {state}."""

    payout_id: str
    state: str


class PayoutIsOver(Refusal, code="PAYOUT_IS_OVER", remedy="Initiate another payout (initiate_payout)."):
    """Payout {payout_id} is closed; it is {state}."""

    payout_id: str
    state: str


class HoldIdTaken(Refusal, code="HOLD_ID_TAKEN", remedy="Use another id for a new hold."):
    """Hold {hold_id} already exists."""

    hold_id: str


class HoldNotFound(Refusal, code="HOLD_NOT_FOUND", remedy="Name a hold that still has money."):
    """Merchant {merchant_id} has no open hold {hold_id}."""

    merchant_id: str
    hold_id: str


class HoldExceeded(Refusal, code="HOLD_EXCEEDED", remedy="Release at most {held}."):
    """The command releases {asked} from hold {hold_id}, which holds only {held}."""

    hold_id: str
    asked: str
    held: str


class WriteOffExceedsDebt(Refusal, code="WRITE_OFF_EXCEEDS_DEBT", remedy="Write off at most {debt}."):
    """The write-off is {asked}, but merchant {merchant_id} owes only {debt}."""

    merchant_id: str
    asked: str
    debt: str


class ProposalIdTaken(Refusal, code="PROPOSAL_ID_TAKEN", remedy="Use another id for a new proposal."):
    """Proposal {proposal_id} already exists."""

    proposal_id: str


class AdjustmentPosted(Refusal, code="ADJUSTMENT_POSTED", remedy="Use another id for a new adjustment."):
    """Adjustment {adjustment_id} is already posted."""

    adjustment_id: str


class ProposalNotOpen(
    Refusal,
    code="PROPOSAL_NOT_OPEN",
    remedy="Make a new proposal if it is still needed; `redledger proposals` lists the open ones.",
):
    """Proposal {proposal_id} is not open; it is {state}."""

    proposal_id: str
    state: str


class ProposalOutdated(Refusal, code="PROPOSAL_OUTDATED", remedy="Reject the proposal, and make a new one."):
    """Proposal {proposal_id} contains a command {command} that is no longer valid: {why}."""

    proposal_id: str
    command: str
    why: str


class NotParked(Refusal, code="NOT_PARKED", remedy="Name a parked item; `redledger parked` lists them."):
    """Nothing is parked as {what} in book {book}."""

    what: str
    book: int


class JournalUnbalanced(Refusal, code="JOURNAL_UNBALANCED", remedy="Make debits and credits equal in CNY."):
    """The entry does not balance: debits are {debits}, credits are {credits}."""

    debits: str
    credits: str


class AccountRestricted(
    Refusal, code="ACCOUNT_RESTRICTED", remedy="Use the command that posts to this account, or another account."
):
    """Account {account} takes no manual adjustment here: {why}."""

    account: str
    why: str


class MerchantChargeNotAllowed(
    Refusal,
    code="MERCHANT_CHARGE_NOT_ALLOWED",
    remedy="Post it to the platform: merchants pay only the technical service fee.",
):
    """The entry would take {amount} from merchant {merchant_id} for account {account}."""

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


class PeriodNotOver(
    Refusal, code="PERIOD_NOT_OVER", remedy="Send the command again after {last_day} has ended in Asia/Shanghai."
):
    """Period {period} is not over: its last day is {last_day}."""

    period: str
    last_day: date


class ClosingNotApproved(
    Refusal, code="CLOSING_NOT_APPROVED", remedy="Propose close_period, and have another person approve it."
):
    """The closing of period {period} is not approved by two people."""

    period: str


class PeriodOutOfOrder(
    Refusal, code="PERIOD_OUT_OF_ORDER", remedy="Close periods in order, and reopen the last closed period first."
):
    """The command names period {asked}, but the next one is {expected}."""

    asked: str
    expected: str


class ValueNotStorable(
    Refusal, code="VALUE_NOT_STORABLE", remedy="Send values within the limits of docs/limits.md, under a new id."
):
    """The command {command} has a value that cannot be stored: {reason}."""

    command: str
    reason: str


class BookUnknown(Refusal, code="BOOK_UNKNOWN", remedy="Name a book of this ledger; `redledger status` lists them."):
    """This ledger has no book {book}."""

    book: int


class RevaluationOutdated(
    Refusal,
    code="REVALUATION_OUTDATED",
    remedy="Read the balances again, and give the number of revaluations that they include.",
):
    """The balances were read after {included} revaluations of {period}, but the books have {posted}."""

    period: str
    included: int
    posted: int


class BreakNotOpen(
    Refusal,
    code="BREAK_NOT_OPEN",
    remedy="Name an open break; `redledger exceptions` lists each with its stream.",
    remedies={
        "its money is to be matched to an order or given back": "Match the money (`redledger match`), or refund it."
    },
):
    """Stream {stream} has no open break {break_id}: {state}."""

    stream: str
    break_id: str
    state: str


class StatementGap(Refusal, code="STATEMENT_GAP", remedy="Begin the statement at {field} {expected}."):
    """The statement begins at {field} {given}, but the last one ended at {expected}."""

    field: str
    given: str
    expected: str


class StatementUnbalanced(
    Refusal, code="STATEMENT_UNBALANCED", remedy="Make a new statement that closes at {expected}."
):
    """The statement closes at {given}, but {what} is {expected}."""

    what: str
    given: str
    expected: str


class StatementOutdated(Refusal, code="STATEMENT_OUTDATED", remedy="Make a new statement."):
    """The merchant's money has moved since the statement was made: the account had version {given}, and now has
    {current}."""

    given: int
    current: int


class UnmatchedItemNotFound(
    Refusal,
    code="UNMATCHED_ITEM_NOT_FOUND",
    remedy="Name an unmatched item; `redledger unmatched` lists them.",
):
    """Source {source} has no unmatched item {reference} for this command."""

    source: str
    reference: str


class ItemAlreadyMatched(
    Refusal,
    code="ITEM_ALREADY_MATCHED",
    remedy="Do nothing: the earlier decision about this money stands.",
    remedies={"being matched": "Do nothing: the service completes the match that was decided."},
):
    """The item {reference} of {source} is already {state}."""

    source: str
    reference: str
    state: str


class AllocationExceedsCapture(
    Refusal,
    code="ALLOCATION_EXCEEDS_CAPTURE",
    remedy="Name each order once, with parts that sum to exactly {captured}.",
):
    """The parts are {parts}, but {captured} of the capture is left to match."""

    parts: str
    captured: str


class RunNotStarted(Refusal, code="RUN_NOT_STARTED", remedy="Start the settlement run first (start_settlement_run)."):
    """Settlement run {run_id} does not exist."""

    run_id: str


class AmountTooLarge(
    Refusal, code="AMOUNT_TOO_LARGE", remedy="Check the amount and the exchange rate; report a larger sum in parts."
):
    """The entry would post {amount} minor units of {currency} to account {account}; the limit is {most}."""

    amount: str
    currency: str
    account: str
    most: str


class PolicyNotUsable(
    Refusal,
    code="POLICY_NOT_USABLE",
    remedy="Correct the policy and publish it again; the old version stays in force.",
):
    """Policy {policy} fails on sample orders: {faults}."""

    policy: str
    faults: tuple[str, ...]
