"""Every read model, one line each. A new one is its file and its line."""

from __future__ import annotations

from projections.audit_trail import AuditTrail
from projections.merchant_balances import MerchantBalances
from projections.projection import Projection

PROJECTIONS: dict[str, Projection] = {
    projection.name: projection
    for projection in (
        MerchantBalances(),
        AuditTrail(),
    )
}
