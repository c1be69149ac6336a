"""Merchants: their enrolment in the programme, their payout accounts, and the switches they set."""

from __future__ import annotations

from datetime import datetime

from ledger.actors import Actor
from ledger.events.event import Event
from ledger.ids import Id
from ledger.sealed import Sealed


class _Merchant(Event):
    """What every merchant event names. A `reason` is one code word; what a person wrote goes into a sealed `note`."""

    merchant_id: Id


class MerchantEnrolmentRequested(_Merchant, name="merchant.enrolment_requested", version=1):
    """A merchant has asked to sell overseas."""

    country: str  # ISO 3166 alpha-2 of the business
    markets: tuple[str, ...]
    terms_version: str
    requested_by: Actor
    requested_at: datetime


class MerchantEnrolled(_Merchant, name="merchant.enrolled", version=1):
    """The merchant may take overseas orders in these markets."""

    country: str
    markets: tuple[str, ...]
    terms_version: str
    reason: str = ""
    reviewer: Actor
    effective_at: datetime


class MerchantEnrolmentRejected(_Merchant, name="merchant.enrolment_rejected", version=1):
    """The platform did not accept the merchant."""

    markets: tuple[str, ...]
    terms_version: str
    reason: str
    note: Sealed[str] | None = None
    reviewer: Actor
    effective_at: datetime


class MerchantSuspended(_Merchant, name="merchant.suspended", version=1):
    """The merchant takes no new orders for now; open ones run off."""

    reason: str
    note: Sealed[str] | None = None
    effective_at: datetime


class MerchantReinstated(_Merchant, name="merchant.reinstated", version=1):
    """The merchant takes orders again."""

    reason: str
    note: Sealed[str] | None = None
    effective_at: datetime


class MerchantWithdrawn(_Merchant, name="merchant.withdrawn", version=1):
    """The merchant has left the programme: no new orders, open ones run off."""

    reason: str
    note: Sealed[str] | None = None
    effective_at: datetime


class _PayoutAccount(_Merchant):
    """What every event of a payout account names; `account_ref` is a token, never an account number."""

    account_ref: Id
    bank_code: str
    country: str
    currency: str


class PayoutAccountRegistered(_PayoutAccount, name="merchant.payout_account_registered", version=1):
    """The merchant wants to be paid here; nothing is, until somebody else has verified it."""

    registered_by: Actor
    registered_at: datetime


class PayoutAccountVerified(_PayoutAccount, name="merchant.payout_account_verified", version=1):
    """Payouts go to this account, and to no other."""

    verifier: Actor
    verified_at: datetime


class PayoutAccountDisabled(_PayoutAccount, name="merchant.payout_account_disabled", version=1):
    """Nothing is paid to this account any more."""

    reason: str
    disabled_at: datetime


class _Switch(_Merchant):
    """What every switch event names."""

    effective_at: datetime


class ExpressRefundEnabled(_Switch, name="merchant.express_refund_enabled", version=1):
    """Refunds before dispatch are approved by the system from here on (programme, statement 26)."""


class ExpressRefundDisabled(_Switch, name="merchant.express_refund_disabled", version=1):
    """Refunds before dispatch need two rounds of approval from here on (statement 28)."""


class AutoExportEnabled(_Switch, name="merchant.auto_export_enabled", version=1):
    """Products submitted from here on join the export pool when they are approved (statement 24)."""


class AutoExportDisabled(_Switch, name="merchant.auto_export_disabled", version=1):
    """Products submitted from here on wait for their own export status."""
