"""The published language as a whole: once this is imported, every stored event can be read back."""

from __future__ import annotations

from ledger.events import (
    adjustment,
    merchant,
    milestones,
    older,
    older_settlement,
    order,
    payment,
    period,
    platform,
    platform_money,
    product,
    refund,
    settlement,
    shipment,
    statement,
)

PUBLISHED = (
    adjustment,
    merchant,
    milestones,
    older,
    older_settlement,
    order,
    payment,
    period,
    platform,
    platform_money,
    product,
    refund,
    settlement,
    shipment,
    statement,
)
