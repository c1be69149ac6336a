"""Products: the platform's export review, the merchant's export status, and the export pool that follows from both."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ledger.actors import Actor
from ledger.events.event import Event
from ledger.ids import Id
from ledger.sealed import Sealed

PoolCause = Literal["auto", "manual", "revoked", "disabled"]


class _Product(Event):
    """Fields of every product event."""

    merchant_id: Id
    product_id: Id


class ProductSubmittedForExportReview(_Product, name="product.submitted_for_export_review", version=1):
    """The merchant asks whether the product may be sold overseas.

    `auto_export` is the merchant's automatic setting when the product was first submitted; a later change does not
    affect this product.
    """

    category_id: Id
    markets: tuple[str, ...]
    auto_export: bool
    submitted_at: datetime


class ProductExportApproved(_Product, name="product.export_approved", version=1):
    """The platform allows the product in these markets. It is on sale there if the merchant's settings say so."""

    category_id: Id
    criteria_version: str
    markets: tuple[str, ...]
    reviewer: Actor
    reasons: tuple[str, ...] = ()
    approved_at: datetime


class ProductExportRejected(_Product, name="product.export_rejected", version=1):
    """The product does not meet the export criteria."""

    category_id: Id
    criteria_version: str
    markets: tuple[str, ...]
    reviewer: Actor
    reasons: tuple[str, ...]
    note: Sealed[str] | None = None
    rejected_at: datetime


class ProductExportRevoked(_Product, name="product.export_revoked", version=1):
    """The product may no longer be sold in these markets. Placed orders stand."""

    category_id: Id
    criteria_version: str
    markets: tuple[str, ...]
    reviewer: Actor
    reasons: tuple[str, ...]
    note: Sealed[str] | None = None
    revoked_at: datetime


class ProductExportStatusEnabled(_Product, name="product.export_status_enabled", version=1):
    """The merchant has put this product on sale overseas (programme, statement 25)."""

    effective_at: datetime


class ProductExportStatusDisabled(_Product, name="product.export_status_disabled", version=1):
    """The merchant has taken this product off sale overseas. This overrides the automatic setting."""

    effective_at: datetime


class ProductAddedToExportPool(_Product, name="product.added_to_export_pool", version=1):
    """Buyers in these markets can order the product from `effective_at` on."""

    cause: PoolCause
    markets: tuple[str, ...]
    effective_at: datetime


class ProductRemovedFromExportPool(_Product, name="product.removed_from_export_pool", version=1):
    """Buyers overseas can no longer order the product. Placed orders stand."""

    cause: PoolCause
    effective_at: datetime


class ProductTranslationPublished(_Product, name="product.translation_published", version=1):
    """Buyers see this translation of the product's texts. `text_hash` is the hash of the shown text (statement 6)."""

    locale: str
    source_version: str
    text_hash: str
    engine: str
    published_at: datetime
