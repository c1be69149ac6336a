"""Refusals about merchants: their enrolment, their products and their payout accounts."""

from __future__ import annotations

from ledger.refusals.refusal import Refusal


class MerchantNotEnrolled(
    Refusal,
    code="MERCHANT_NOT_ENROLLED",
    remedy="Have the merchant enrolled first (enrol_merchant).",
    remedies={
        "requested": "Have the platform approve the enrolment first (enrol_merchant).",
        "suspended": "Have the platform reinstate the merchant first (reinstate_merchant).",
    },
):
    """Merchant {merchant_id} is not enrolled in the programme; the enrolment is {state}."""

    merchant_id: str
    state: str


class EnrolmentNotRequested(
    Refusal,
    code="ENROLMENT_NOT_REQUESTED",
    remedy="Do nothing; to end an enrolment, suspend or withdraw the merchant.",
):
    """Merchant {merchant_id} has no open request to enrol; the enrolment is {state}."""

    merchant_id: str
    state: str


class MarketNotOpen(
    Refusal,
    code="MARKET_NOT_OPEN",
    remedy="Choose an open market, or have {market} opened by policy and by the merchant's enrolment.",
):
    """Market {market} is not open[; open markets are {open_markets}]."""

    market: str
    open_markets: tuple[str, ...]


class MerchantNotDomestic(
    Refusal,
    code="MERCHANT_NOT_DOMESTIC",
    remedy="Enrol a business of {countries}, or have the policy programme_start changed.",
):
    """A business of {country} cannot join the programme; it is for businesses of {countries}."""

    country: str
    countries: tuple[str, ...]


class ProductNotInExportPool(
    Refusal,
    code="PRODUCT_NOT_IN_EXPORT_POOL",
    remedy="Have the product approved for {market} and put on sale (approve_product, set_export_status).",
):
    """Product {product_id} is not on sale in {market}."""

    product_id: str
    market: str


class ProductNotSubmitted(
    Refusal, code="PRODUCT_NOT_SUBMITTED", remedy="Submit the product for review first (submit_product)."
):
    """Product {product_id} does not wait for a review; the review is {state}."""

    product_id: str
    state: str


class ProductNotApproved(
    Refusal,
    code="PRODUCT_NOT_APPROVED",
    remedy="Have the product submitted and approved first (submit_product, approve_product)[, or leave out {markets}].",
):
    """Product {product_id} is not approved for export[ to {markets}]; the review is {state}."""

    product_id: str
    state: str
    markets: tuple[str, ...] = ()


class PayoutAccountNotVerified(
    Refusal,
    code="PAYOUT_ACCOUNT_NOT_VERIFIED",
    remedy="Register an account and have it verified (register_payout_account, verify_payout_account).",
):
    """Merchant {merchant_id} has no verified payout account[: account {account_ref} returned a payout]."""

    merchant_id: str
    account_ref: str | None = None


class PayoutAccountNotDomestic(
    Refusal, code="PAYOUT_ACCOUNT_NOT_DOMESTIC", remedy="Register an account in mainland China."
):
    """Account {account_ref} is in {country}; merchants are paid to accounts in mainland China."""

    account_ref: str
    country: str


class PayoutAccountUnknown(
    Refusal, code="PAYOUT_ACCOUNT_UNKNOWN", remedy="Register the account first (register_payout_account)."
):
    """Merchant {merchant_id} has no active payout account {account_ref}."""

    merchant_id: str
    account_ref: str


class MerchantCurrencyNotCny(Refusal, code="MERCHANT_CURRENCY_NOT_CNY", remedy="Give the amount in CNY."):
    """Merchants hold and receive CNY only, not {currency}."""

    currency: str
