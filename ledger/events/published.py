"""The published language as a whole: once this is imported, every stored event can be read back."""

from __future__ import annotations

from ledger.events import (
    adjustment,
    dispute,
    logistics,
    merchant,
    milestones,
    older,
    older_payment,
    older_settlement,
    order,
    payment,
    payment_requests,
    period,
    platform,
    platform_money,
    product,
    psp_settlement,
    refund,
    settlement,
    shipment,
    statement,
)

PUBLISHED = (
    adjustment,
    dispute,
    logistics,
    merchant,
    milestones,
    older,
    older_payment,
    older_settlement,
    order,
    payment,
    payment_requests,
    period,
    platform,
    platform_money,
    product,
    psp_settlement,
    refund,
    settlement,
    shipment,
    statement,
)
