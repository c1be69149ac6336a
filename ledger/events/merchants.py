"""Merchants: their enrolment in the programme, their payout accounts, and their settings."""

from __future__ import annotations

from datetime import datetime

from ledger.actors import Actor
from ledger.events.event import Event
from ledger.ids import Id
from ledger.sealed import Sealed


class _Merchant(Event):
    """Fields of every merchant event. `reason` is one code word; free text of a person is sealed in `note`."""

    merchant_id: Id


class MerchantEnrolmentRequested(_Merchant, name="merchant.enrolment_requested", version=1):
    """A merchant has asked to sell overseas.

    `country` is where the business is registered (ISO 3166-1 alpha-2); `markets` are the countries it wants to sell to.
    """

    country: str  # of the business, ISO 3166-1 alpha-2
    markets: tuple[str, ...]
    terms_version: str
    requested_by: Actor
    requested_at: datetime


class MerchantEnrolled(_Merchant, name="merchant.enrolled", version=1):
    """The merchant may take orders from these markets."""

    country: str
    markets: tuple[str, ...]
    terms_version: str
    reason: str = ""
    reviewer: Actor
    effective_at: datetime


class MerchantEnrolmentRejected(_Merchant, name="merchant.enrolment_rejected", version=1):
    """The platform has not accepted the merchant for these markets."""

    markets: tuple[str, ...]
    terms_version: str
    reason: str
    note: Sealed[str] | None = None
    reviewer: Actor
    effective_at: datetime


class MerchantSuspended(_Merchant, name="merchant.suspended", version=1):
    """The merchant takes no new orders for now. Its open orders continue."""

    reason: str
    note: Sealed[str] | None = None
    effective_at: datetime


class MerchantReinstated(_Merchant, name="merchant.reinstated", version=1):
    """The merchant takes orders again."""

    reason: str
    note: Sealed[str] | None = None
    effective_at: datetime


class MerchantWithdrawn(_Merchant, name="merchant.withdrawn", version=1):
    """The merchant has left the programme. It takes no new orders; its open orders continue."""

    reason: str
    note: Sealed[str] | None = None
    effective_at: datetime


class _PayoutAccount(_Merchant):
    """Fields of every payout account event. `account_ref` is a token, never an account number."""

    account_ref: Id
    bank_code: str
    country: str
    currency: str


class PayoutAccountRegistered(_PayoutAccount, name="merchant.payout_account_registered", version=1):
    """The merchant has named a bank account. Nothing is paid to it until another person has verified it."""

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
    """Fields of every event of a merchant's setting."""

    effective_at: datetime


class ExpressRefundEnabled(_Switch, name="merchant.express_refund_enabled", version=1):
    """The system approves refunds before dispatch from `effective_at` on (programme, statement 26)."""


class ExpressRefundDisabled(_Switch, name="merchant.express_refund_disabled", version=1):
    """Refunds before dispatch need two rounds of approval from `effective_at` on (statement 28)."""


class AutoExportEnabled(_Switch, name="merchant.auto_export_enabled", version=1):
    """Products submitted from `effective_at` on join the export pool when they are approved (statement 24)."""


class AutoExportDisabled(_Switch, name="merchant.auto_export_disabled", version=1):
    """Products submitted from `effective_at` on join the export pool only by their own export status."""
