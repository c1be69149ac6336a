"""The published language as a whole: once this is imported, every stored event can be read back."""

from __future__ import annotations

from ledger.events import merchant, milestones, older, order, payment, platform, product, refund, settlement, shipment

PUBLISHED = (merchant, milestones, older, order, payment, platform, product, refund, settlement, shipment)
