"""The catalogue of refusals: every class by name and code, in the domain's order (§4.3)."""

from __future__ import annotations

from datetime import datetime

from ledger.refusals import access, after_sales, finance, merchants, orders, payments, payouts, subscriptions
from ledger.refusals.after_sales import AfterSalesLocked as AfterSalesLocked
from ledger.refusals.after_sales import AlreadySubmitted as AlreadySubmitted
from ledger.refusals.after_sales import CaseAlreadyOpen as CaseAlreadyOpen
from ledger.refusals.after_sales import CaseClosed as CaseClosed
from ledger.refusals.after_sales import CaseNotFound as CaseNotFound
from ledger.refusals.after_sales import ChargeNotFound as ChargeNotFound
from ledger.refusals.after_sales import ChargeNotRefundable as ChargeNotRefundable
from ledger.refusals.after_sales import FullAmountOnly as FullAmountOnly
from ledger.refusals.after_sales import LineNotInCase as LineNotInCase
from ledger.refusals.after_sales import NotCaptured as NotCaptured
from ledger.refusals.after_sales import NotDeemedSigned as NotDeemedSigned
from ledger.refusals.after_sales import NotSignedFor as NotSignedFor
from ledger.refusals.after_sales import ParcelNotDamaged as ParcelNotDamaged
from ledger.refusals.after_sales import ParcelNotLost as ParcelNotLost
from ledger.refusals.after_sales import ParcelNotRefused as ParcelNotRefused
from ledger.refusals.after_sales import ParcelNotReturned as ParcelNotReturned
from ledger.refusals.after_sales import RefundExceedsRemaining as RefundExceedsRemaining
from ledger.refusals.after_sales import RefundNotApproved as RefundNotApproved
from ledger.refusals.after_sales import ReturnNotAuthorized as ReturnNotAuthorized
from ledger.refusals.after_sales import ReturnNotExpired as ReturnNotExpired
from ledger.refusals.after_sales import ReturnNotReceived as ReturnNotReceived
from ledger.refusals.after_sales import ReturnWindowClosed as ReturnWindowClosed
from ledger.refusals.after_sales import SameApprover as SameApprover
from ledger.refusals.after_sales import WrongRound as WrongRound
from ledger.refusals.merchants import EnrolmentNotRequested as EnrolmentNotRequested
from ledger.refusals.merchants import MarketNotOpen as MarketNotOpen
from ledger.refusals.merchants import MerchantCurrencyNotCny as MerchantCurrencyNotCny
from ledger.refusals.merchants import MerchantNotDomestic as MerchantNotDomestic
from ledger.refusals.merchants import MerchantNotEnrolled as MerchantNotEnrolled
from ledger.refusals.merchants import PayoutAccountNotDomestic as PayoutAccountNotDomestic
from ledger.refusals.merchants import PayoutAccountNotVerified as PayoutAccountNotVerified
from ledger.refusals.merchants import PayoutAccountUnknown as PayoutAccountUnknown
from ledger.refusals.merchants import ProductNotApproved as ProductNotApproved
from ledger.refusals.merchants import ProductNotInExportPool as ProductNotInExportPool
from ledger.refusals.merchants import ProductNotSubmitted as ProductNotSubmitted
from ledger.refusals.orders import AlreadyDispatched as AlreadyDispatched
from ledger.refusals.orders import DispatchTimeImplausible as DispatchTimeImplausible
from ledger.refusals.orders import DuplicateTrackingNo as DuplicateTrackingNo
from ledger.refusals.orders import LineAlreadyRefunded as LineAlreadyRefunded
from ledger.refusals.orders import LineNotFound as LineNotFound
from ledger.refusals.orders import OrderAlreadyPlaced as OrderAlreadyPlaced
from ledger.refusals.orders import OrderNotConfirmed as OrderNotConfirmed
from ledger.refusals.orders import ParcelAlreadyExists as ParcelAlreadyExists
from ledger.refusals.orders import ParcelNotFound as ParcelNotFound
from ledger.refusals.orders import PromiseBeforeOrder as PromiseBeforeOrder
from ledger.refusals.orders import QtyExceedsRemaining as QtyExceedsRemaining
from ledger.refusals.orders import QuoteExpired as QuoteExpired
from ledger.refusals.orders import RefundPendingOnLine as RefundPendingOnLine
from ledger.refusals.orders import TotalsMismatch as TotalsMismatch
from ledger.refusals.payments import RateMissing as RateMissing
from ledger.refusals.payouts import AlreadyReleased as AlreadyReleased
from ledger.refusals.payouts import InsufficientAvailable as InsufficientAvailable
from ledger.refusals.payouts import LineOnHold as LineOnHold
from ledger.refusals.payouts import NotDue as NotDue
from ledger.refusals.payouts import NotSignedOff as NotSignedOff
from ledger.refusals.payouts import OpenCase as OpenCase
from ledger.refusals.payouts import PayoutBelowMinimum as PayoutBelowMinimum
from ledger.refusals.payouts import PayoutIdTaken as PayoutIdTaken
from ledger.refusals.payouts import PayoutInFlight as PayoutInFlight
from ledger.refusals.refusal import Refusal as Refusal
from ledger.refusals.refusal import remedy_of as remedy_of
from ledger.refusals.refusal import sentence_of as sentence_of


class RoleNotAllowed(Refusal, code="ROLE_NOT_ALLOWED", remedy="Submit the command as {needed}."):
    """Role {needed} is required; this actor has {role}."""

    role: str
    needed: str


class ScopeNotAllowed(
    Refusal,
    code="SCOPE_NOT_ALLOWED",
    remedy="Check the merchant, the order or the account. Submit the command for {scope} only.",
):
    """This {role} acts for {scope} only, and the command is about another."""

    role: str
    scope: str


class WrongCurrency(Refusal, code="WRONG_CURRENCY", remedy="Give the amount in {expected}."):
    """{amount} was given, but {what} is in {expected}."""

    what: str
    amount: str
    expected: str


class MakerIsChecker(Refusal, code="MAKER_IS_CHECKER", remedy="Have another person approve it."):
    """{maker} made this request and cannot approve it."""

    maker: str


class VersionConflict(Refusal, code="VERSION_CONFLICT", remedy="Send the command again: it is decided anew."):
    """The data of this decision changed {attempts} times while the command was being recorded."""

    attempts: int


class IdempotencyKeyReused(Refusal, code="IDEMPOTENCY_KEY_REUSED", remedy="Send the new command under a new id."):
    """The id {command_id} was already used for another command."""

    command_id: str


class InstantNotYours(
    Refusal, code="INSTANT_NOT_YOURS", remedy="Leave occurred_at out: the ledger's clock dates decisions."
):
    """The command {command} is a decision: only reports and importers may give the time at which it happened."""

    command: str


class PolicyNotEffective(
    Refusal,
    code="POLICY_NOT_EFFECTIVE",
    remedy="Publish policy {policy}, and send the command again when it is in force.",
):
    """No version of the policy {policy} is in force at {at}."""

    policy: str
    at: datetime


class PolicyEffectiveTooSoon(
    Refusal, code="POLICY_EFFECTIVE_TOO_SOON", remedy="Give {earliest} or a later instant as effective_from."
):
    """A policy takes effect one minute after it is published, or later: at {earliest}, not at {effective_from}."""

    effective_from: datetime
    earliest: datetime


# By code, in the order in which they are declared, whichever module a program imports first.
REFUSALS: dict[str, type[Refusal]] = {
    kind.code: kind
    for declared in (
        *map(vars, (access, after_sales, finance, payments, subscriptions, merchants, orders, payouts)),
        dict(globals()),
    )
    for kind in declared.values()
    if isinstance(kind, type) and issubclass(kind, Refusal) and kind.__module__ == declared["__name__"]
    if kind is not Refusal
}
