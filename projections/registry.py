"""Every read model, one line each. A new one is its file and its line."""

from __future__ import annotations

from projections.account_turnovers import AccountTurnovers
from projections.approvals_queue import ApprovalsQueue
from projections.audit_trail import AuditTrail
from projections.customer_tracking import CustomerTracking
from projections.declarations import Declarations
from projections.due_dates import DueDates
from projections.due_releases import DueReleases
from projections.exceptions import Exceptions
from projections.expected_at_bank import ExpectedAtBank
from projections.instructions import Instructions
from projections.merchant_balances import MerchantBalances
from projections.open_claims import ClaimsOnMerchants
from projections.order_contribution import OrderContribution
from projections.overdue_to_warehouse import OverdueToWarehouse
from projections.partner_invoices import PartnerInvoices
from projections.payouts import Payouts
from projections.projection import Projection
from projections.proposals import Proposals
from projections.psp_references import PspReferences
from projections.refunds_due import RefundsDue
from projections.sales_by_channel import SalesByChannel
from projections.tracking_numbers import TrackingNumbers

PROJECTIONS: dict[str, Projection] = {
    projection.name: projection
    for projection in (
        MerchantBalances(),
        AuditTrail(),
        CustomerTracking(),
        DueReleases(),
        DueDates(),
        TrackingNumbers(),
        OverdueToWarehouse(),
        Declarations(),
        ApprovalsQueue(),
        Exceptions(),
        SalesByChannel(),
        AccountTurnovers(),
        OrderContribution(),
        ExpectedAtBank(),
        Instructions(),
        Payouts(),
        ClaimsOnMerchants(),
        PspReferences(),
        Proposals(),
        RefundsDue(),
        PartnerInvoices(),
    )
}
