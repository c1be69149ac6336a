"""Every refusal, by name and code, in the order of the domain's catalogue (§4.3); those of finance beside them."""

from __future__ import annotations

from datetime import datetime

from ledger import after_sales_refusals as after_sales_refusals
from ledger import finance_refusals as finance_refusals
from ledger import payment_refusals as payment_refusals
from ledger.after_sales_refusals import AfterSalesLocked as AfterSalesLocked
from ledger.after_sales_refusals import AlreadySubmitted as AlreadySubmitted
from ledger.after_sales_refusals import CaseAlreadyOpen as CaseAlreadyOpen
from ledger.after_sales_refusals import CaseClosed as CaseClosed
from ledger.after_sales_refusals import CaseNotFound as CaseNotFound
from ledger.after_sales_refusals import ChargeNotFound as ChargeNotFound
from ledger.after_sales_refusals import ChargeNotRefundable as ChargeNotRefundable
from ledger.after_sales_refusals import FullAmountOnly as FullAmountOnly
from ledger.after_sales_refusals import LineNotInCase as LineNotInCase
from ledger.after_sales_refusals import NotCaptured as NotCaptured
from ledger.after_sales_refusals import NotDeemedSigned as NotDeemedSigned
from ledger.after_sales_refusals import NotSignedFor as NotSignedFor
from ledger.after_sales_refusals import ParcelNotDamaged as ParcelNotDamaged
from ledger.after_sales_refusals import ParcelNotLost as ParcelNotLost
from ledger.after_sales_refusals import ParcelNotRefused as ParcelNotRefused
from ledger.after_sales_refusals import ParcelNotReturned as ParcelNotReturned
from ledger.after_sales_refusals import RefundExceedsRemaining as RefundExceedsRemaining
from ledger.after_sales_refusals import RefundNotApproved as RefundNotApproved
from ledger.after_sales_refusals import ReturnNotAuthorized as ReturnNotAuthorized
from ledger.after_sales_refusals import ReturnNotExpired as ReturnNotExpired
from ledger.after_sales_refusals import ReturnNotReceived as ReturnNotReceived
from ledger.after_sales_refusals import ReturnWindowClosed as ReturnWindowClosed
from ledger.after_sales_refusals import SameApprover as SameApprover
from ledger.after_sales_refusals import WrongRound as WrongRound
from ledger.merchant_refusals import EnrolmentNotRequested as EnrolmentNotRequested
from ledger.merchant_refusals import MarketNotOpen as MarketNotOpen
from ledger.merchant_refusals import MerchantCurrencyNotCny as MerchantCurrencyNotCny
from ledger.merchant_refusals import MerchantNotDomestic as MerchantNotDomestic
from ledger.merchant_refusals import MerchantNotEnrolled as MerchantNotEnrolled
from ledger.merchant_refusals import PayoutAccountNotDomestic as PayoutAccountNotDomestic
from ledger.merchant_refusals import PayoutAccountNotVerified as PayoutAccountNotVerified
from ledger.merchant_refusals import PayoutAccountUnknown as PayoutAccountUnknown
from ledger.merchant_refusals import ProductNotApproved as ProductNotApproved
from ledger.merchant_refusals import ProductNotInExportPool as ProductNotInExportPool
from ledger.merchant_refusals import ProductNotSubmitted as ProductNotSubmitted
from ledger.order_refusals import AlreadyDispatched as AlreadyDispatched
from ledger.order_refusals import DispatchTimeImplausible as DispatchTimeImplausible
from ledger.order_refusals import DuplicateTrackingNo as DuplicateTrackingNo
from ledger.order_refusals import LineAlreadyRefunded as LineAlreadyRefunded
from ledger.order_refusals import LineNotFound as LineNotFound
from ledger.order_refusals import OrderAlreadyPlaced as OrderAlreadyPlaced
from ledger.order_refusals import OrderNotConfirmed as OrderNotConfirmed
from ledger.order_refusals import ParcelAlreadyExists as ParcelAlreadyExists
from ledger.order_refusals import ParcelNotFound as ParcelNotFound
from ledger.order_refusals import PromiseBeforeOrder as PromiseBeforeOrder
from ledger.order_refusals import QtyExceedsRemaining as QtyExceedsRemaining
from ledger.order_refusals import QuoteExpired as QuoteExpired
from ledger.order_refusals import RefundPendingOnLine as RefundPendingOnLine
from ledger.order_refusals import TotalsMismatch as TotalsMismatch
from ledger.payment_refusals import RateMissing as RateMissing
from ledger.payout_refusals import AlreadyReleased as AlreadyReleased
from ledger.payout_refusals import InsufficientAvailable as InsufficientAvailable
from ledger.payout_refusals import LineOnHold as LineOnHold
from ledger.payout_refusals import NotDue as NotDue
from ledger.payout_refusals import NotSignedOff as NotSignedOff
from ledger.payout_refusals import OpenCase as OpenCase
from ledger.payout_refusals import PayoutBelowMinimum as PayoutBelowMinimum
from ledger.payout_refusals import PayoutIdTaken as PayoutIdTaken
from ledger.payout_refusals import PayoutInFlight as PayoutInFlight
from ledger.refusal import REFUSALS as REFUSALS
from ledger.refusal import Refusal as Refusal
from ledger.refusal import remedy_of as remedy_of
from ledger.refusal import sentence_of as sentence_of


class RoleNotAllowed(Refusal, code="ROLE_NOT_ALLOWED", remedy="Have somebody with the role {needed} do it."):
    """Role {needed} is required; this actor has {role}."""

    role: str
    needed: str


class WrongCurrency(Refusal, code="WRONG_CURRENCY", remedy="Give the amount in {expected}."):
    """{amount} is asked for, and {what} is in {expected}."""

    what: str
    amount: str
    expected: str


class MakerIsChecker(Refusal, code="MAKER_IS_CHECKER", remedy="Have a second person approve it."):
    """{maker} asked for this, and cannot be the one to approve it."""

    maker: str


class VersionConflict(
    Refusal, code="VERSION_CONFLICT", remedy="Send the command again: it is decided on what is true by then."
):
    """What this was decided on changed {attempts} times while it was being recorded."""

    attempts: int


class IdempotencyKeyReused(Refusal, code="IDEMPOTENCY_KEY_REUSED", remedy="Give a new command a new id."):
    """The id {command_id} was already used for another command."""

    command_id: str


class InstantNotYours(
    Refusal, code="INSTANT_NOT_YOURS", remedy="Leave occurred_at out: the ledger's clock says when a decision is made."
):
    """The command {command} is a decision: only reports and importers bring the time it happened."""

    command: str


class PolicyNotEffective(
    Refusal, code="POLICY_NOT_EFFECTIVE", remedy="Publish policy {policy}, and ask again once it is in force."
):
    """No version of the policy {policy} is in force at {at}."""

    policy: str
    at: datetime


class PolicyEffectiveTooSoon(
    Refusal, code="POLICY_EFFECTIVE_TOO_SOON", remedy="Give {earliest} or a later instant as effective_from."
):
    """A policy takes effect at least a minute after it is published: at {earliest}, not at {effective_from}."""

    effective_from: datetime
    earliest: datetime
