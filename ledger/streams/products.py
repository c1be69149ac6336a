"""The stream of a product: its export review, the merchant's settings, and the export pool."""

from __future__ import annotations

from functools import singledispatchmethod
from typing import Any, Literal

from ledger.events.products import (
    ProductExportApproved,
    ProductExportRejected,
    ProductExportRevoked,
    ProductExportStatusDisabled,
    ProductExportStatusEnabled,
    ProductSubmittedForExportReview,
    ProductTranslationPublished,
)
from ledger.streams.stream import Stream

Review = Literal["none", "submitted", "approved", "rejected", "revoked"]


class Product(Stream):
    """The stream `product/<merchant>/<product>`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.review: Review = "none"
        self.category_id = ""  # the approved category, which decides the service fee
        self.requested_category_id = ""
        self.criteria_version = ""
        self.requested_markets: tuple[str, ...] = ()
        self.approved_markets: tuple[str, ...] = ()
        self.auto_export = False  # the merchant's setting when the product was first submitted
        self.export_status: bool | None = None  # the product's own setting; None until it is set
        self.translations: dict[str, tuple[str, str, str]] = {}  # locale → source version, text hash, engine

    @property
    def in_export_pool(self) -> bool:
        """True if the product is approved and on sale, by its own setting or else by the automatic one."""
        return bool(self.approved_markets) and (self.auto_export if self.export_status is None else self.export_status)

    @property
    def pool_markets(self) -> tuple[str, ...]:
        """The markets where buyers can order it; empty if it is not in the pool."""
        return self.approved_markets if self.in_export_pool else ()

    def on_sale_in(self, market: str) -> bool:
        """True if buyers in `market` can order it."""
        return market in self.pool_markets

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state. Events of the pool only announce what is derived here."""

    @evolve.register
    def _(self, event: ProductSubmittedForExportReview) -> None:
        self.review = "submitted"
        self.requested_category_id, self.requested_markets = event.category_id, event.markets
        self.auto_export = event.auto_export

    @evolve.register
    def _(self, event: ProductExportApproved) -> None:
        self.review, self.category_id = "approved", event.category_id
        self.approved_markets, self.criteria_version = event.markets, event.criteria_version

    @evolve.register
    def _(self, event: ProductExportRejected) -> None:
        self.review = "rejected"
        self.criteria_version = event.criteria_version

    @evolve.register
    def _(self, event: ProductExportRevoked) -> None:
        self.review = "revoked"
        self.approved_markets = tuple(market for market in self.approved_markets if market not in event.markets)

    @evolve.register
    def _(self, event: ProductExportStatusEnabled) -> None:
        self.export_status = True

    @evolve.register
    def _(self, event: ProductExportStatusDisabled) -> None:
        self.export_status = False

    @evolve.register
    def _(self, event: ProductTranslationPublished) -> None:
        self.translations[event.locale] = (event.source_version, event.text_hash, event.engine)
