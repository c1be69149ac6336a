"""The menu: every command there is, by the name it is asked for."""

from __future__ import annotations

from commands.access import (
    close_access_account,
    create_access_token,
    open_access_account,
    record_access_token_use,
    record_export,
    revoke_access_token,
)
from commands.accounting import (
    close_book_period,
    complete_period_close,
    post_fx_revaluation,
    record_bank_fx_converted,
    record_partner_invoice_paid,
    record_tax_remitted,
    reopen_book_period,
)
from commands.authority import (
    ADMINS,
    BUYER,
    BUYER_OR_MERCHANT,
    IMPORTER,
    MERCHANT,
    PEOPLE,
    PLATFORM,
    REPORTS,
    REVIEWERS,
    SHIPPERS,
    SUBSCRIPTION_OWNERS,
    SYSTEM,
    TOKEN_OWNERS,
)
from commands.command import Handler
from commands.disputes import (
    report_dispute_fee,
    report_dispute_funds_withdrawn,
    report_dispute_lost,
    report_dispute_opened,
    report_dispute_won,
    submit_dispute_evidence,
)
from commands.logistics import (
    file_logistics_claim,
    record_logistics_charge,
    report_claim_accepted,
    report_claim_denied,
    report_claim_settled,
    report_duty,
)
from commands.merchants import (
    enrol_merchant,
    reinstate_merchant,
    reject_merchant,
    set_auto_export,
    set_express_refund,
    suspend_merchant,
    withdraw_merchant,
)
from commands.orders import cancel_order, change_delivery_details, expire_order, place_order, report_status
from commands.parcels import (
    create_parcel,
    deem_signed,
    dispatch_parcel,
    flag_customs_tie,
    flag_shared_number,
    report_consolidation,
    report_dispatch,
    report_loss,
    report_signature,
    report_split,
    report_tracking,
)
from commands.payments import (
    approve_duplicate_capture_refund,
    capture_payment,
    flag_unallocated_capture,
    refund_buyer_funds,
    report_authorisation_expired,
    report_payment_authorised,
    report_payment_captured,
    report_payment_failed,
    report_payment_initiated,
    report_payment_voided,
    void_payment,
)
from commands.payouts import (
    cancel_payout,
    disable_payout_account,
    hold_settlement,
    initiate_payout,
    record_payment_order,
    register_payout_account,
    release_hold,
    report_payout_failed,
    report_payout_paid,
    report_payout_returned,
    submit_payout,
    verify_payout_account,
)
from commands.policies import adopt_policy, record_fx_rate
from commands.products import (
    approve_product,
    publish_product_translation,
    reject_product,
    revoke_product,
    set_export_status,
    submit_product,
)
from commands.proposals import approve_proposal, propose, reject_proposal
from commands.reconciliation import (
    accept_file,
    assign_break,
    complete_file,
    flag_missing_line,
    flag_stuck,
    report_bank_entry,
    report_bank_statement,
    resolve_break,
)
from commands.refunds import (
    approve_refund,
    refund_charges,
    refund_damaged_parcel,
    refund_lost_parcel,
    refund_refused_parcel,
    refund_returned_parcel,
    reject_refund,
    report_refund_outcome,
    request_refund,
    submit_refund,
    withdraw_refund,
)
from commands.returns import expire_return, record_return_inspection, report_return_received, report_return_shipped
from commands.settlement import (
    complete_settlement_run,
    hold_line,
    issue_statement,
    release_line_hold,
    release_settlement,
    report_psp_batch,
    report_psp_settlement,
    start_settlement_run,
)
from commands.subscriptions import (
    change_subscription,
    create_subscription,
    pause_subscription,
    replay_parked_event,
    resume_subscription,
    retire_subscription,
    rewind_subscription,
    rotate_webhook_secret,
    send_test_webhook,
    skip_parked_event,
)
from commands.unmatched import (
    mark_fact_matched,
    mark_parts_taken,
    mark_payment_matched,
    match_payment,
    refund_unmatched_funds,
    report_unmatched_capture_failed,
    report_unmatched_fact,
    report_unmatched_payment,
    report_unmatched_refund_outcome,
    report_unmatched_settlement,
    submit_unmatched_refund,
)

# fmt: off
MENU: dict[str, Handler] = {
    # the platform's rules and rates
    "adopt_policy": Handler(adopt_policy.AdoptPolicy, adopt_policy.decide, IMPORTER),
    "record_fx_rate": Handler(record_fx_rate.RecordFxRate, record_fx_rate.decide, PLATFORM),
    # who reaches the ledger from outside
    "open_access_account": Handler(open_access_account.OpenAccessAccount, open_access_account.decide, ADMINS),
    "close_access_account": Handler(close_access_account.CloseAccessAccount, close_access_account.decide, ADMINS),
    "create_access_token": Handler(create_access_token.CreateAccessToken, create_access_token.decide, TOKEN_OWNERS),
    "revoke_access_token": Handler(revoke_access_token.RevokeAccessToken, revoke_access_token.decide, TOKEN_OWNERS),
    "record_access_token_use": Handler(
        record_access_token_use.RecordAccessTokenUse, record_access_token_use.decide, SYSTEM
    ),
    "record_export": Handler(record_export.RecordExport, record_export.decide, SYSTEM),
    # who follows the log with a place that the service keeps
    "create_subscription": Handler(
        create_subscription.CreateSubscription, create_subscription.decide, SUBSCRIPTION_OWNERS
    ),
    "change_subscription": Handler(
        change_subscription.ChangeSubscription, change_subscription.decide, SUBSCRIPTION_OWNERS
    ),
    "pause_subscription": Handler(pause_subscription.PauseSubscription, pause_subscription.decide, SUBSCRIPTION_OWNERS),
    "resume_subscription": Handler(
        resume_subscription.ResumeSubscription, resume_subscription.decide, SUBSCRIPTION_OWNERS
    ),
    "rewind_subscription": Handler(
        rewind_subscription.RewindSubscription, rewind_subscription.decide, SUBSCRIPTION_OWNERS
    ),
    "retire_subscription": Handler(
        retire_subscription.RetireSubscription, retire_subscription.decide, SUBSCRIPTION_OWNERS
    ),
    "replay_parked_event": Handler(
        replay_parked_event.ReplayParkedEvent, replay_parked_event.decide, SUBSCRIPTION_OWNERS
    ),
    "skip_parked_event": Handler(skip_parked_event.SkipParkedEvent, skip_parked_event.decide, SUBSCRIPTION_OWNERS),
    "rotate_webhook_secret": Handler(
        rotate_webhook_secret.RotateWebhookSecret, rotate_webhook_secret.decide, SUBSCRIPTION_OWNERS
    ),
    "send_test_webhook": Handler(send_test_webhook.SendTestWebhook, send_test_webhook.decide, SUBSCRIPTION_OWNERS),
    # merchants
    "enrol_merchant": Handler(enrol_merchant.EnrolMerchant, enrol_merchant.decide, MERCHANT),
    "reject_merchant": Handler(reject_merchant.RejectMerchant, reject_merchant.decide, PLATFORM),
    "suspend_merchant": Handler(suspend_merchant.SuspendMerchant, suspend_merchant.decide, PLATFORM),
    "reinstate_merchant": Handler(reinstate_merchant.ReinstateMerchant, reinstate_merchant.decide, PLATFORM),
    "withdraw_merchant": Handler(withdraw_merchant.WithdrawMerchant, withdraw_merchant.decide, MERCHANT),
    "register_payout_account": Handler(
        register_payout_account.RegisterPayoutAccount, register_payout_account.decide, MERCHANT
    ),
    "verify_payout_account": Handler(verify_payout_account.VerifyPayoutAccount, verify_payout_account.decide, PLATFORM),
    "disable_payout_account": Handler(
        disable_payout_account.DisablePayoutAccount, disable_payout_account.decide, MERCHANT
    ),
    "set_express_refund": Handler(set_express_refund.SetExpressRefund, set_express_refund.decide, MERCHANT),
    "set_auto_export": Handler(set_auto_export.SetAutoExport, set_auto_export.decide, MERCHANT),
    # products
    "submit_product": Handler(submit_product.SubmitProduct, submit_product.decide, MERCHANT),
    "approve_product": Handler(approve_product.ApproveProduct, approve_product.decide, PLATFORM),
    "reject_product": Handler(reject_product.RejectProduct, reject_product.decide, PLATFORM),
    "revoke_product": Handler(revoke_product.RevokeProduct, revoke_product.decide, PLATFORM),
    "set_export_status": Handler(set_export_status.SetExportStatus, set_export_status.decide, MERCHANT),
    "publish_product_translation": Handler(
        publish_product_translation.PublishProductTranslation, publish_product_translation.decide, MERCHANT
    ),
    # orders, parcels and payments
    "place_order": Handler(place_order.PlaceOrder, place_order.decide, BUYER),
    "cancel_order": Handler(cancel_order.CancelOrder, cancel_order.decide, BUYER_OR_MERCHANT),
    "expire_order": Handler(expire_order.ExpireOrder, expire_order.decide, PLATFORM),
    "change_delivery_details": Handler(
        change_delivery_details.ChangeDeliveryDetails, change_delivery_details.decide, BUYER
    ),
    "report_payment_authorised": Handler(
        report_payment_authorised.ReportPaymentAuthorised, report_payment_authorised.decide, REPORTS
    ),
    "report_payment_captured": Handler(
        report_payment_captured.ReportPaymentCaptured, report_payment_captured.decide, REPORTS
    ),
    "report_payment_failed": Handler(report_payment_failed.ReportPaymentFailed, report_payment_failed.decide, REPORTS),
    "report_payment_initiated": Handler(
        report_payment_initiated.ReportPaymentInitiated, report_payment_initiated.decide, REPORTS
    ),
    "capture_payment": Handler(capture_payment.CapturePayment, capture_payment.decide, PLATFORM),
    "void_payment": Handler(void_payment.VoidPayment, void_payment.decide, PLATFORM),
    "report_payment_voided": Handler(report_payment_voided.ReportPaymentVoided, report_payment_voided.decide, REPORTS),
    "report_authorisation_expired": Handler(
        report_authorisation_expired.ReportAuthorisationExpired, report_authorisation_expired.decide, REPORTS
    ),
    "flag_unallocated_capture": Handler(
        flag_unallocated_capture.FlagUnallocatedCapture, flag_unallocated_capture.decide, PLATFORM
    ),
    "approve_duplicate_capture_refund": Handler(
        approve_duplicate_capture_refund.ApproveDuplicateCaptureRefund,
        approve_duplicate_capture_refund.decide,
        PLATFORM,
    ),
    "refund_buyer_funds": Handler(refund_buyer_funds.RefundBuyerFunds, refund_buyer_funds.decide, PLATFORM),
    "create_parcel": Handler(create_parcel.CreateParcel, create_parcel.decide, SHIPPERS),
    "dispatch_parcel": Handler(dispatch_parcel.DispatchParcel, dispatch_parcel.decide, SHIPPERS),
    "report_dispatch": Handler(report_dispatch.ReportDispatch, report_dispatch.decide, SHIPPERS),
    "report_tracking": Handler(report_tracking.ReportTracking, report_tracking.decide, REPORTS),
    "report_consolidation": Handler(report_consolidation.ReportConsolidation, report_consolidation.decide, REPORTS),
    "report_split": Handler(report_split.ReportSplit, report_split.decide, REPORTS),
    "report_signature": Handler(report_signature.ReportSignature, report_signature.decide, REPORTS),
    "flag_customs_tie": Handler(flag_customs_tie.FlagCustomsTie, flag_customs_tie.decide, PLATFORM),
    "flag_shared_number": Handler(flag_shared_number.FlagSharedNumber, flag_shared_number.decide, PLATFORM),
    "report_loss": Handler(report_loss.ReportLoss, report_loss.decide, REPORTS),
    "deem_signed": Handler(deem_signed.DeemSigned, deem_signed.decide, PLATFORM),
    "report_status": Handler(report_status.ReportStatus, report_status.decide, REPORTS),
    # refunds
    "request_refund": Handler(request_refund.RequestRefund, request_refund.decide, BUYER_OR_MERCHANT),
    "approve_refund": Handler(approve_refund.ApproveRefund, approve_refund.decide, REVIEWERS),
    "reject_refund": Handler(reject_refund.RejectRefund, reject_refund.decide, REVIEWERS),
    "withdraw_refund": Handler(withdraw_refund.WithdrawRefund, withdraw_refund.decide, BUYER_OR_MERCHANT),
    "refund_charges": Handler(refund_charges.RefundCharges, refund_charges.decide, PLATFORM),
    "refund_lost_parcel": Handler(refund_lost_parcel.RefundLostParcel, refund_lost_parcel.decide, PLATFORM),
    "refund_refused_parcel": Handler(refund_refused_parcel.RefundRefusedParcel, refund_refused_parcel.decide, PLATFORM),
    "refund_damaged_parcel": Handler(refund_damaged_parcel.RefundDamagedParcel, refund_damaged_parcel.decide, PLATFORM),
    "refund_returned_parcel": Handler(
        refund_returned_parcel.RefundReturnedParcel, refund_returned_parcel.decide, PLATFORM
    ),
    "report_return_shipped": Handler(
        report_return_shipped.ReportReturnShipped, report_return_shipped.decide, BUYER_OR_MERCHANT
    ),
    "report_return_received": Handler(
        report_return_received.ReportReturnReceived, report_return_received.decide, BUYER_OR_MERCHANT
    ),
    "record_return_inspection": Handler(
        record_return_inspection.RecordReturnInspection, record_return_inspection.decide, REPORTS
    ),
    "expire_return": Handler(expire_return.ExpireReturn, expire_return.decide, PLATFORM),
    "submit_refund": Handler(submit_refund.SubmitRefund, submit_refund.decide, PLATFORM),
    "report_refund_outcome": Handler(report_refund_outcome.ReportRefundOutcome, report_refund_outcome.decide, REPORTS),
    # disputes, what providers settle, and what logistics costs
    "report_psp_settlement": Handler(report_psp_settlement.ReportPspSettlement, report_psp_settlement.decide, REPORTS),
    "report_psp_batch": Handler(report_psp_batch.ReportPspBatch, report_psp_batch.decide, REPORTS),
    "report_dispute_opened": Handler(report_dispute_opened.ReportDisputeOpened, report_dispute_opened.decide, REPORTS),
    "submit_dispute_evidence": Handler(
        submit_dispute_evidence.SubmitDisputeEvidence, submit_dispute_evidence.decide, PLATFORM
    ),
    "report_dispute_funds_withdrawn": Handler(
        report_dispute_funds_withdrawn.ReportDisputeFundsWithdrawn, report_dispute_funds_withdrawn.decide, REPORTS
    ),
    "report_dispute_fee": Handler(report_dispute_fee.ReportDisputeFee, report_dispute_fee.decide, REPORTS),
    "report_dispute_won": Handler(report_dispute_won.ReportDisputeWon, report_dispute_won.decide, REPORTS),
    "report_dispute_lost": Handler(report_dispute_lost.ReportDisputeLost, report_dispute_lost.decide, REPORTS),
    "record_logistics_charge": Handler(
        record_logistics_charge.RecordLogisticsCharge, record_logistics_charge.decide, REPORTS
    ),
    "report_duty": Handler(report_duty.ReportDuty, report_duty.decide, REPORTS),
    "file_logistics_claim": Handler(file_logistics_claim.FileLogisticsClaim, file_logistics_claim.decide, PLATFORM),
    "report_claim_accepted": Handler(report_claim_accepted.ReportClaimAccepted, report_claim_accepted.decide, REPORTS),
    "report_claim_settled": Handler(report_claim_settled.ReportClaimSettled, report_claim_settled.decide, REPORTS),
    "report_claim_denied": Handler(report_claim_denied.ReportClaimDenied, report_claim_denied.decide, REPORTS),
    # settlement and payouts
    "release_settlement": Handler(release_settlement.ReleaseSettlement, release_settlement.decide, PLATFORM),
    "initiate_payout": Handler(initiate_payout.InitiatePayout, initiate_payout.decide, PLATFORM),
    "report_payout_paid": Handler(report_payout_paid.ReportPayoutPaid, report_payout_paid.decide, REPORTS),
    "report_payout_failed": Handler(report_payout_failed.ReportPayoutFailed, report_payout_failed.decide, REPORTS),
    "report_payout_returned": Handler(
        report_payout_returned.ReportPayoutReturned, report_payout_returned.decide, REPORTS
    ),
    "record_payment_order": Handler(record_payment_order.RecordPaymentOrder, record_payment_order.decide, PLATFORM),
    "submit_payout": Handler(submit_payout.SubmitPayout, submit_payout.decide, PLATFORM),
    "cancel_payout": Handler(cancel_payout.CancelPayout, cancel_payout.decide, PLATFORM),
    "hold_line": Handler(hold_line.HoldLine, hold_line.decide, PLATFORM),
    "release_line_hold": Handler(release_line_hold.ReleaseLineHold, release_line_hold.decide, PLATFORM),
    "hold_settlement": Handler(hold_settlement.HoldSettlement, hold_settlement.decide, PLATFORM),
    "release_hold": Handler(release_hold.ReleaseHold, release_hold.decide, PLATFORM),
    "start_settlement_run": Handler(start_settlement_run.StartSettlementRun, start_settlement_run.decide, PLATFORM),
    "issue_statement": Handler(issue_statement.IssueStatement, issue_statement.decide, PLATFORM),
    "complete_settlement_run": Handler(
        complete_settlement_run.CompleteSettlementRun, complete_settlement_run.decide, PLATFORM
    ),
    # facts whose order or merchant is not known yet
    "report_unmatched_payment": Handler(
        report_unmatched_payment.ReportUnmatchedPayment, report_unmatched_payment.decide, REPORTS
    ),
    "report_unmatched_fact": Handler(report_unmatched_fact.ReportUnmatchedFact, report_unmatched_fact.decide, REPORTS),
    "report_unmatched_capture_failed": Handler(
        report_unmatched_capture_failed.ReportUnmatchedCaptureFailed, report_unmatched_capture_failed.decide, REPORTS
    ),
    "match_payment": Handler(match_payment.MatchPayment, match_payment.decide, PLATFORM),
    "mark_fact_matched": Handler(mark_fact_matched.MarkFactMatched, mark_fact_matched.decide, PLATFORM),
    "mark_payment_matched": Handler(mark_payment_matched.MarkPaymentMatched, mark_payment_matched.decide, PLATFORM),
    "mark_parts_taken": Handler(mark_parts_taken.MarkPartsTaken, mark_parts_taken.decide, SYSTEM),
    "refund_unmatched_funds": Handler(
        refund_unmatched_funds.RefundUnmatchedFunds, refund_unmatched_funds.decide, PLATFORM
    ),
    "report_unmatched_refund_outcome": Handler(
        report_unmatched_refund_outcome.ReportUnmatchedRefundOutcome, report_unmatched_refund_outcome.decide, REPORTS
    ),
    "report_unmatched_settlement": Handler(
        report_unmatched_settlement.ReportUnmatchedSettlement, report_unmatched_settlement.decide, REPORTS
    ),
    "submit_unmatched_refund": Handler(
        submit_unmatched_refund.SubmitUnmatchedRefund, submit_unmatched_refund.decide, PLATFORM
    ),
    # the books of account
    "record_partner_invoice_paid": Handler(
        record_partner_invoice_paid.RecordPartnerInvoicePaid, record_partner_invoice_paid.decide, PLATFORM
    ),
    "record_tax_remitted": Handler(record_tax_remitted.RecordTaxRemitted, record_tax_remitted.decide, PLATFORM),
    "record_bank_fx_converted": Handler(
        record_bank_fx_converted.RecordBankFxConverted, record_bank_fx_converted.decide, PLATFORM
    ),
    "post_fx_revaluation": Handler(post_fx_revaluation.PostFxRevaluation, post_fx_revaluation.decide, PLATFORM),
    "close_book_period": Handler(close_book_period.CloseBookPeriod, close_book_period.decide, SYSTEM),
    "complete_period_close": Handler(complete_period_close.CompletePeriodClose, complete_period_close.decide, SYSTEM),
    "reopen_book_period": Handler(reopen_book_period.ReopenBookPeriod, reopen_book_period.decide, SYSTEM),
    # what takes two people; `commands/proposable.py` lists what can be proposed
    "propose": Handler(propose.Propose, propose.decide, PLATFORM),
    "approve_proposal": Handler(approve_proposal.ApproveProposal, approve_proposal.decide, PLATFORM),
    "reject_proposal": Handler(reject_proposal.RejectProposal, reject_proposal.decide, PLATFORM),
    # partners' files
    "accept_file": Handler(accept_file.AcceptFile, accept_file.decide, PLATFORM),
    "complete_file": Handler(complete_file.CompleteFile, complete_file.decide, PLATFORM),
    "report_bank_statement": Handler(report_bank_statement.ReportBankStatement, report_bank_statement.decide, REPORTS),
    "report_bank_entry": Handler(report_bank_entry.ReportBankEntry, report_bank_entry.decide, REPORTS),
    # differences, which people explain
    "assign_break": Handler(assign_break.AssignBreak, assign_break.decide, PEOPLE),
    "flag_stuck": Handler(flag_stuck.FlagStuck, flag_stuck.decide, PLATFORM),
    "flag_missing_line": Handler(flag_missing_line.FlagMissingLine, flag_missing_line.decide, PLATFORM),
    "resolve_break": Handler(resolve_break.ResolveBreak, resolve_break.decide, PEOPLE),
}
