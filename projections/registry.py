"""The registry of read models, one line each. A new read model is its file and its line."""

from __future__ import annotations

from projections.access.access_accounts import AccessAccounts
from projections.accounting.account_turnovers import AccountTurnovers
from projections.accounting.order_contribution import OrderContribution
from projections.audit.audit_trail import AuditTrail
from projections.balances.due_releases import DueReleases
from projections.balances.merchant_balances import MerchantBalances
from projections.balances.open_claims import ClaimsOnMerchants
from projections.balances.payouts import Payouts
from projections.engine.projection import Projection
from projections.reconciliation.expected_at_bank import ExpectedAtBank
from projections.reconciliation.instructions import Instructions
from projections.reconciliation.partner_invoices import PartnerInvoices
from projections.reconciliation.psp_references import PspReferences
from projections.reconciliation.taxes import Taxes
from projections.sales.sales_by_channel import SalesByChannel
from projections.search.references import SearchReferences
from projections.tracking.customer_tracking import CustomerTracking
from projections.tracking.tracking_numbers import TrackingNumbers
from projections.worklists.approvals_queue import ApprovalsQueue
from projections.worklists.captures_due import CapturesDue
from projections.worklists.declarations import Declarations
from projections.worklists.due_dates import DueDates
from projections.worklists.exceptions import Exceptions
from projections.worklists.overdue_to_warehouse import OverdueToWarehouse
from projections.worklists.proposals import Proposals
from projections.worklists.refunds_due import RefundsDue
from projections.worklists.refunds_to_submit import RefundsToSubmit

PROJECTIONS: dict[str, Projection] = {
    projection.name: projection
    for projection in (
        MerchantBalances(),
        AuditTrail(),
        CustomerTracking(),
        DueReleases(),
        DueDates(),
        CapturesDue(),
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
        RefundsToSubmit(),
        PartnerInvoices(),
        Taxes(),
        AccessAccounts(),
        SearchReferences(),
    )
}
