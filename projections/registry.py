"""Every read model, one line each. A new one is its file and its line."""

from __future__ import annotations

from projections.audit_trail import AuditTrail
from projections.customer_tracking import CustomerTracking
from projections.due_releases import DueReleases
from projections.merchant_balances import MerchantBalances
from projections.projection import Projection

PROJECTIONS: dict[str, Projection] = {
    projection.name: projection
    for projection in (
        MerchantBalances(),
        AuditTrail(),
        CustomerTracking(),
        DueReleases(),
    )
}
