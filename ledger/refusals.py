"""Every refusal, by name and code, in the order of the domain's catalogue (§4.3); those of finance beside them."""

from __future__ import annotations

from datetime import datetime

from ledger import after_sales_refusals as after_sales_refusals
from ledger import finance_refusals as finance_refusals
from ledger import payment_refusals as payment_refusals
from ledger.payment_refusals import RateMissing as RateMissing
from ledger.refusal import REFUSALS as REFUSALS
from ledger.refusal import Refusal as Refusal
from ledger.refusal import sentence_of as sentence_of


class MerchantNotEnrolled(
    Refusal, code="MERCHANT_NOT_ENROLLED", remedy="Have the merchant enrolled, or reinstated, first."
):
    """The merchant {merchant_id} is not enrolled in the programme: {state}."""

    merchant_id: str
    state: str


class MarketNotOpen(Refusal, code="MARKET_NOT_OPEN", remedy="Choose an open market, or have a policy open it."):
    """The market {market} is not open; open are {open_markets}."""

    market: str
    open_markets: tuple[str, ...]


class MerchantNotDomestic(
    Refusal, code="MERCHANT_NOT_DOMESTIC", remedy="Enrol a business of a country the programme is for."
):
    """A business of {country} cannot join the programme, which is for {countries}."""

    country: str
    countries: tuple[str, ...]


class ProductNotInExportPool(
    Refusal, code="PRODUCT_NOT_IN_EXPORT_POOL", remedy="Have the product approved for the market and switched on."
):
    """The product {product_id} is not on sale in {market}."""

    product_id: str
    market: str


class QuoteExpired(Refusal, code="QUOTE_EXPIRED", remedy="Quote the buyer anew and order while it holds."):
    """The prices the buyer was quoted held until {expired_at}."""

    expired_at: datetime


class TotalsMismatch(Refusal, code="TOTALS_MISMATCH", remedy="Send amounts that follow from the lines and the rate."):
    """The order does not add up: {field} is {given} where {expected} follows."""

    field: str
    expected: str
    given: str


class OrderAlreadyPlaced(Refusal, code="ORDER_ALREADY_PLACED", remedy="Use another order id for another order."):
    """The order {order_id} is already placed."""

    order_id: str


class PromiseBeforeOrder(Refusal, code="PROMISE_BEFORE_ORDER", remedy="Promise a later time, or leave it out."):
    """The goods cannot be promised to the warehouse by {promised_by}, before the order is placed at {placed_at}."""

    promised_by: datetime
    placed_at: datetime


class ProductNotSubmitted(Refusal, code="PRODUCT_NOT_SUBMITTED", remedy="Submit the product for review first."):
    """The product {product_id} is not waiting for review: {state}."""

    product_id: str
    state: str


class ProductNotApproved(
    Refusal, code="PRODUCT_NOT_APPROVED", remedy="Submit the product for review and have it approved."
):
    """The product {product_id} is not approved for export: {state}."""

    product_id: str
    state: str


class OrderNotConfirmed(Refusal, code="ORDER_NOT_CONFIRMED", remedy="Wait until the order is placed and paid."):
    """The order {order_id} is not confirmed: {status}."""

    order_id: str
    status: str


class LineNotFound(Refusal, code="LINE_NOT_FOUND", remedy="Name a line of the order."):
    """The order {order_id} has no line {line_id}."""

    order_id: str
    line_id: str


class LineAlreadyRefunded(Refusal, code="LINE_ALREADY_REFUNDED", remedy="Leave out what is refunded already."):
    """Of line {line_id}, {refunded} are refunded already and {remaining} remain."""

    line_id: str
    refunded: int
    remaining: int


class RefundPendingOnLine(
    Refusal,
    code="REFUND_PENDING_ON_LINE",
    remedy="Wait until the case is decided, or leave these units out.",
):
    """The open case {refund_id} asks for units of line {line_id}."""

    line_id: str
    refund_id: str


class QtyExceedsRemaining(Refusal, code="QTY_EXCEEDS_REMAINING", remedy="Ask for no more than remain."):
    """{asked} of line {line_id} are asked for and {remaining} remain."""

    line_id: str
    asked: int
    remaining: int


class DuplicateTrackingNo(Refusal, code="DUPLICATE_TRACKING_NO", remedy="Give the parcel a number of its own."):
    """The tracking number {tracking_no} belongs to the parcel {parcel_id}."""

    tracking_no: str
    parcel_id: str


class ParcelAlreadyExists(Refusal, code="PARCEL_ALREADY_EXISTS", remedy="Use another parcel id for another parcel."):
    """The parcel {parcel_id} was created before."""

    parcel_id: str


class ParcelNotFound(Refusal, code="PARCEL_NOT_FOUND", remedy="Create the parcel first."):
    """The order {order_id} has no parcel {parcel_id}."""

    order_id: str
    parcel_id: str


class AlreadyDispatched(Refusal, code="ALREADY_DISPATCHED", remedy="Nothing: the parcel is on its way."):
    """The parcel {parcel_id} was dispatched at {dispatched_at}."""

    parcel_id: str
    dispatched_at: datetime


class DispatchTimeImplausible(
    Refusal, code="DISPATCH_TIME_IMPLAUSIBLE", remedy="Give the time of the hand-over, or leave it out."
):
    """A hand-over at {dispatched_at} is not between the order at {placed_at} and its first scan, or now, {latest}."""

    dispatched_at: datetime
    placed_at: datetime
    decided_at: datetime
    latest: datetime


class AfterSalesLocked(
    Refusal, code="AFTER_SALES_LOCKED", remedy="Ask again when the lock has ended, or once the parcel is signed for."
):
    """The parcel is on its way; after-sales opens when it is signed for, or at {lock_ends_at}."""

    lock_ends_at: datetime | None  # None where only a signature ends it


class NotSignedFor(Refusal, code="NOT_SIGNED_FOR", remedy="Wait for the parcel to be signed for."):
    """Line {line_id} is not signed for."""

    line_id: str


class ReturnWindowClosed(Refusal, code="RETURN_WINDOW_CLOSED", remedy="Nothing: the time for a return is over."):
    """Returns were possible until {closed_at}."""

    closed_at: datetime


class RefundExceedsRemaining(Refusal, code="REFUND_EXCEEDS_REMAINING", remedy="Ask for no more than is left."):
    """{asked} of {what} are asked back and {remaining} can be refunded."""

    what: str
    asked: str
    remaining: str


class CaseAlreadyOpen(Refusal, code="CASE_ALREADY_OPEN", remedy="Wait until the open case is decided."):
    """The after-sales case {refund_id} is already there."""

    refund_id: str


class NotCaptured(Refusal, code="NOT_CAPTURED", remedy="Cancel the order instead: there is nothing to pay back."):
    """The order {order_id} is not paid."""

    order_id: str


class WrongRound(Refusal, code="WRONG_ROUND", remedy="Decide the round that is next."):
    """Round {asked} is asked for and round {expected} is next."""

    asked: int
    expected: int


class SameApprover(Refusal, code="SAME_APPROVER", remedy="Another person must decide this round."):
    """{approver} has already approved a round of this case."""

    approver: str


class RoleNotAllowed(Refusal, code="ROLE_NOT_ALLOWED", remedy="Have somebody do it who may."):
    """Acting as {role} is not enough: this is for the {needed} to do."""

    role: str
    needed: str


class CaseClosed(Refusal, code="CASE_CLOSED", remedy="Open a new case where there is still something to refund."):
    """The case {refund_id} is closed: {state}."""

    refund_id: str
    state: str


class CaseNotFound(Refusal, code="CASE_NOT_FOUND", remedy="Name an after-sales case of the order."):
    """The order {order_id} has no after-sales case {refund_id}."""

    order_id: str
    refund_id: str


class RefundNotApproved(Refusal, code="REFUND_NOT_APPROVED", remedy="Wait until the case is approved."):
    """The case {refund_id} is not approved: {state}."""

    refund_id: str
    state: str


class ReturnNotReceived(Refusal, code="RETURN_NOT_RECEIVED", remedy="Report that the goods are back first."):
    """The goods of the case {refund_id} are not back."""

    refund_id: str


class AlreadySubmitted(Refusal, code="ALREADY_SUBMITTED", remedy="Wait for the provider's answer."):
    """The refund {refund_id} is already submitted in full."""

    refund_id: str


class NotSignedOff(Refusal, code="NOT_SIGNED_OFF", remedy="Wait for the parcels to be signed for."):
    """Nothing of the order {order_id} that is still to be released is signed for."""

    order_id: str


class NotDue(Refusal, code="NOT_DUE", remedy="Release it when it is due."):
    """The first release falls due at {due_at}."""

    due_at: datetime


class OpenCase(Refusal, code="OPEN_CASE", remedy="Decide the after-sales case first."):
    """The open case {refund_id} holds the release back."""

    refund_id: str


class AlreadyReleased(Refusal, code="ALREADY_RELEASED", remedy="Nothing: all that is the merchant's is released."):
    """Everything of the order {order_id} is released or refunded already."""

    order_id: str


class InsufficientAvailable(
    Refusal, code="INSUFFICIENT_AVAILABLE", remedy="Ask for less, or wait for the next release."
):
    """A payout of {asked} is asked for and {available} can be paid out."""

    asked: str
    available: str


class PayoutBelowMinimum(Refusal, code="PAYOUT_BELOW_MINIMUM", remedy="Wait until enough is available."):
    """A payout of {asked} is below the minimum of {minimum}."""

    asked: str
    minimum: str


class PayoutInFlight(Refusal, code="PAYOUT_IN_FLIGHT", remedy="Wait for the bank's answer to that payout."):
    """The payout {payout_id} of {amount} is still on its way."""

    payout_id: str
    amount: str


class PayoutIdTaken(Refusal, code="PAYOUT_ID_TAKEN", remedy="Give every payout an id of its own."):
    """The payout {payout_id} was made before and is {state}."""

    payout_id: str
    state: str


class PayoutAccountNotVerified(
    Refusal, code="PAYOUT_ACCOUNT_NOT_VERIFIED", remedy="Register an account and have it verified."
):
    """The merchant {merchant_id} has no verified account to be paid to."""

    merchant_id: str


class PayoutAccountNotDomestic(
    Refusal, code="PAYOUT_ACCOUNT_NOT_DOMESTIC", remedy="Register an account in mainland China."
):
    """The account {account_ref} is in {country}; merchants are paid to mainland accounts."""

    account_ref: str
    country: str


class PayoutAccountUnknown(Refusal, code="PAYOUT_ACCOUNT_UNKNOWN", remedy="Register the account first."):
    """The merchant {merchant_id} has no account {account_ref} in use."""

    merchant_id: str
    account_ref: str


class MerchantCurrencyNotCny(Refusal, code="MERCHANT_CURRENCY_NOT_CNY", remedy="Use CNY."):
    """Merchants hold and are paid CNY only, not {currency}."""

    currency: str


class MakerIsChecker(Refusal, code="MAKER_IS_CHECKER", remedy="Have a second person check it."):
    """{maker} asked for this and cannot be the one to approve it."""

    maker: str


class VersionConflict(
    Refusal, code="VERSION_CONFLICT", remedy="Send the command again: it is decided on what is true by then."
):
    """What this was decided on changed {attempts} times while it was being recorded."""

    attempts: int


class IdempotencyKeyReused(Refusal, code="IDEMPOTENCY_KEY_REUSED", remedy="Use a new id for a new command."):
    """The id {command_id} was already used for another command."""

    command_id: str


class InstantNotYours(
    Refusal, code="INSTANT_NOT_YOURS", remedy="Leave occurred_at out: the ledger's clock says when a decision is made."
):
    """The command {command} is a decision: only reports and importers bring the time it happened."""

    command: str


class PolicyNotEffective(
    Refusal, code="POLICY_NOT_EFFECTIVE", remedy="Publish the policy with an earlier effective date."
):
    """No version of the policy {policy} is in force at {at}."""

    policy: str
    at: datetime


class PolicyEffectiveTooSoon(
    Refusal, code="POLICY_EFFECTIVE_TOO_SOON", remedy="Give an effective date that leaves the minute."
):
    """A policy takes effect at least a minute after it is published: not {effective_from} but {earliest} or later."""

    effective_from: datetime
    earliest: datetime
