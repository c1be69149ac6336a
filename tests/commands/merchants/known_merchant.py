"""A merchant, its accounts and a product, as tests find them."""

from typing import Any

from ledger.events.merchants import (
    MerchantEnrolled,
    MerchantEnrolmentRequested,
    MerchantSuspended,
    MerchantWithdrawn,
    PayoutAccountDisabled,
    PayoutAccountRegistered,
    PayoutAccountVerified,
)
from ledger.events.products import ProductExportApproved, ProductSubmittedForExportReview
from tests.support.given import MERCHANT, NOW, PLATFORM

ALL_MARKETS = ("HK", "MO", "US")
TERMS = {"merchant_id": "M-1", "country": "CN", "markets": ALL_MARKETS, "terms_version": "1"}
ACCOUNT = {"merchant_id": "M-1", "account_ref": "acc-1", "bank_code": "ICBC", "country": "CN", "currency": "CNY"}
PRODUCT: dict[str, Any] = {"merchant_id": "M-1", "product_id": "tea-1"}

REQUESTED = MerchantEnrolmentRequested(**TERMS, requested_by=MERCHANT, requested_at=NOW)
ENROLLED = MerchantEnrolled(**TERMS, reviewer=PLATFORM, effective_at=NOW)
SUSPENDED = MerchantSuspended(merchant_id="M-1", reason="complaints", effective_at=NOW)
WITHDRAWN = MerchantWithdrawn(merchant_id="M-1", reason="closing", effective_at=NOW)


def registered(**other: Any) -> PayoutAccountRegistered:
    return PayoutAccountRegistered(**{**ACCOUNT, **other}, registered_by=MERCHANT, registered_at=NOW)


def verified(**other: Any) -> PayoutAccountVerified:
    return PayoutAccountVerified(**{**ACCOUNT, "verifier": PLATFORM, "verified_at": NOW, **other})


def disabled(**other: Any) -> PayoutAccountDisabled:
    return PayoutAccountDisabled(**{**ACCOUNT, **other}, reason="closed", disabled_at=NOW)


def submitted(*, auto_export: bool = False, markets: tuple[str, ...] = ALL_MARKETS) -> ProductSubmittedForExportReview:
    return ProductSubmittedForExportReview(
        **PRODUCT, category_id="tea", markets=markets, auto_export=auto_export, submitted_at=NOW
    )


def approved(*, markets: tuple[str, ...] = ALL_MARKETS) -> ProductExportApproved:
    return ProductExportApproved(
        **PRODUCT, category_id="tea", criteria_version="1", markets=markets, reviewer=PLATFORM, approved_at=NOW
    )
