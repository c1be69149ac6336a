"""The menu: every command there is, by the name it is asked for."""

from __future__ import annotations

from commands import (
    accept_file,
    approve_adjustment,
    approve_duplicate_capture_refund,
    approve_product,
    approve_refund,
    assign_break,
    cancel_order,
    cancel_payout,
    capture_payment,
    change_delivery_details,
    close_book_period,
    close_period,
    complete_settlement_run,
    create_parcel,
    deem_signed,
    disable_payout_account,
    dispatch_parcel,
    enrol_merchant,
    expire_order,
    expire_return,
    file_logistics_claim,
    flag_unallocated_capture,
    hold_settlement,
    initiate_payout,
    issue_statement,
    mark_inbox_routed,
    note_unrouted_fact,
    note_unrouted_payment,
    pay_refund_by_alternative,
    place_order,
    post_fx_revaluation,
    propose_adjustment,
    propose_debt_write_off,
    publish_policy,
    publish_product_translation,
    record_bank_fx_converted,
    record_fx_rate,
    record_logistics_charge,
    record_partner_invoice_paid,
    record_return_inspection,
    record_tax_remitted,
    refund_buyer_funds,
    refund_damaged_parcel,
    refund_lost_parcel,
    refund_refused_parcel,
    refund_returned_parcel,
    refund_unallocated_funds,
    register_payout_account,
    reinstate_merchant,
    reject_adjustment,
    reject_debt_write_off,
    reject_merchant,
    reject_product,
    reject_refund,
    release_hold,
    release_settlement,
    reopen_book_period,
    reopen_period,
    report_authorization_expired,
    report_bank_entry,
    report_bank_statement,
    report_claim_accepted,
    report_claim_denied,
    report_claim_settled,
    report_consolidation,
    report_dispatch,
    report_dispute_fee,
    report_dispute_funds_withdrawn,
    report_dispute_lost,
    report_dispute_opened,
    report_dispute_won,
    report_duty,
    report_loss,
    report_payment_authorised,
    report_payment_captured,
    report_payment_failed,
    report_payment_initiated,
    report_payment_voided,
    report_payout_failed,
    report_payout_paid,
    report_payout_returned,
    report_psp_batch,
    report_psp_settlement,
    report_refund_outcome,
    report_return_received,
    report_return_shipped,
    report_signature,
    report_split,
    report_status,
    report_tracking,
    report_unallocated_refund_failed,
    report_unallocated_refund_paid,
    report_unrouted_capture_failed,
    request_refund,
    resolve_break,
    revoke_product,
    route_inbox_fact,
    route_inbox_payment,
    set_auto_export,
    set_export_status,
    set_express_refund,
    set_fee_schedule,
    start_settlement_run,
    submit_dispute_evidence,
    submit_payout,
    submit_product,
    submit_refund,
    submit_unallocated_refund,
    suspend_merchant,
    verify_payout_account,
    void_payment,
    withdraw_merchant,
    withdraw_refund,
    write_off_merchant_debt,
)
from commands.command import Handler

# fmt: off
MENU: dict[str, Handler] = {
    # the platform's rules and rates
    "publish_policy": Handler(publish_policy.PublishPolicy, publish_policy.decide),
    "set_fee_schedule": Handler(set_fee_schedule.SetFeeSchedule, set_fee_schedule.decide),
    "record_fx_rate": Handler(record_fx_rate.RecordFxRate, record_fx_rate.decide),
    # merchants
    "enrol_merchant": Handler(enrol_merchant.EnrolMerchant, enrol_merchant.decide),
    "reject_merchant": Handler(reject_merchant.RejectMerchant, reject_merchant.decide),
    "suspend_merchant": Handler(suspend_merchant.SuspendMerchant, suspend_merchant.decide),
    "reinstate_merchant": Handler(reinstate_merchant.ReinstateMerchant, reinstate_merchant.decide),
    "withdraw_merchant": Handler(withdraw_merchant.WithdrawMerchant, withdraw_merchant.decide),
    "register_payout_account": Handler(register_payout_account.RegisterPayoutAccount, register_payout_account.decide),
    "verify_payout_account": Handler(verify_payout_account.VerifyPayoutAccount, verify_payout_account.decide),
    "disable_payout_account": Handler(disable_payout_account.DisablePayoutAccount, disable_payout_account.decide),
    "set_express_refund": Handler(set_express_refund.SetExpressRefund, set_express_refund.decide),
    "set_auto_export": Handler(set_auto_export.SetAutoExport, set_auto_export.decide),
    # products
    "submit_product": Handler(submit_product.SubmitProduct, submit_product.decide),
    "approve_product": Handler(approve_product.ApproveProduct, approve_product.decide),
    "reject_product": Handler(reject_product.RejectProduct, reject_product.decide),
    "revoke_product": Handler(revoke_product.RevokeProduct, revoke_product.decide),
    "set_export_status": Handler(set_export_status.SetExportStatus, set_export_status.decide),
    "publish_product_translation": Handler(
        publish_product_translation.PublishProductTranslation, publish_product_translation.decide
    ),
    # orders, parcels and payments
    "place_order": Handler(place_order.PlaceOrder, place_order.decide),
    "cancel_order": Handler(cancel_order.CancelOrder, cancel_order.decide),
    "expire_order": Handler(expire_order.ExpireOrder, expire_order.decide),
    "change_delivery_details": Handler(
        change_delivery_details.ChangeDeliveryDetails, change_delivery_details.decide
    ),
    "report_payment_authorised": Handler(
        report_payment_authorised.ReportPaymentAuthorised, report_payment_authorised.decide
    ),
    "report_payment_captured": Handler(report_payment_captured.ReportPaymentCaptured, report_payment_captured.decide),
    "report_payment_failed": Handler(report_payment_failed.ReportPaymentFailed, report_payment_failed.decide),
    "report_payment_initiated": Handler(
        report_payment_initiated.ReportPaymentInitiated, report_payment_initiated.decide
    ),
    "capture_payment": Handler(capture_payment.CapturePayment, capture_payment.decide),
    "void_payment": Handler(void_payment.VoidPayment, void_payment.decide),
    "report_payment_voided": Handler(report_payment_voided.ReportPaymentVoided, report_payment_voided.decide),
    "report_authorization_expired": Handler(
        report_authorization_expired.ReportAuthorizationExpired, report_authorization_expired.decide
    ),
    "flag_unallocated_capture": Handler(
        flag_unallocated_capture.FlagUnallocatedCapture, flag_unallocated_capture.decide
    ),
    "approve_duplicate_capture_refund": Handler(
        approve_duplicate_capture_refund.ApproveDuplicateCaptureRefund, approve_duplicate_capture_refund.decide
    ),
    "refund_buyer_funds": Handler(refund_buyer_funds.RefundBuyerFunds, refund_buyer_funds.decide),
    "create_parcel": Handler(create_parcel.CreateParcel, create_parcel.decide),
    "dispatch_parcel": Handler(dispatch_parcel.DispatchParcel, dispatch_parcel.decide),
    "report_dispatch": Handler(report_dispatch.ReportDispatch, report_dispatch.decide),
    "report_tracking": Handler(report_tracking.ReportTracking, report_tracking.decide),
    "report_consolidation": Handler(report_consolidation.ReportConsolidation, report_consolidation.decide),
    "report_split": Handler(report_split.ReportSplit, report_split.decide),
    "report_signature": Handler(report_signature.ReportSignature, report_signature.decide),
    "report_loss": Handler(report_loss.ReportLoss, report_loss.decide),
    "deem_signed": Handler(deem_signed.DeemSigned, deem_signed.decide),
    "report_status": Handler(report_status.ReportStatus, report_status.decide),
    # refunds
    "request_refund": Handler(request_refund.RequestRefund, request_refund.decide),
    "approve_refund": Handler(approve_refund.ApproveRefund, approve_refund.decide),
    "reject_refund": Handler(reject_refund.RejectRefund, reject_refund.decide),
    "withdraw_refund": Handler(withdraw_refund.WithdrawRefund, withdraw_refund.decide),
    "refund_lost_parcel": Handler(refund_lost_parcel.RefundLostParcel, refund_lost_parcel.decide),
    "refund_refused_parcel": Handler(refund_refused_parcel.RefundRefusedParcel, refund_refused_parcel.decide),
    "refund_damaged_parcel": Handler(refund_damaged_parcel.RefundDamagedParcel, refund_damaged_parcel.decide),
    "refund_returned_parcel": Handler(refund_returned_parcel.RefundReturnedParcel, refund_returned_parcel.decide),
    "report_return_shipped": Handler(report_return_shipped.ReportReturnShipped, report_return_shipped.decide),
    "report_return_received": Handler(report_return_received.ReportReturnReceived, report_return_received.decide),
    "record_return_inspection": Handler(
        record_return_inspection.RecordReturnInspection, record_return_inspection.decide
    ),
    "expire_return": Handler(expire_return.ExpireReturn, expire_return.decide),
    "submit_refund": Handler(submit_refund.SubmitRefund, submit_refund.decide),
    "report_refund_outcome": Handler(report_refund_outcome.ReportRefundOutcome, report_refund_outcome.decide),
    "pay_refund_by_alternative": Handler(
        pay_refund_by_alternative.PayRefundByAlternative, pay_refund_by_alternative.decide
    ),
    # disputes, what providers settle, and what logistics costs
    "report_psp_settlement": Handler(report_psp_settlement.ReportPspSettlement, report_psp_settlement.decide),
    "report_psp_batch": Handler(report_psp_batch.ReportPspBatch, report_psp_batch.decide),
    "report_dispute_opened": Handler(report_dispute_opened.ReportDisputeOpened, report_dispute_opened.decide),
    "submit_dispute_evidence": Handler(submit_dispute_evidence.SubmitDisputeEvidence, submit_dispute_evidence.decide),
    "report_dispute_funds_withdrawn": Handler(
        report_dispute_funds_withdrawn.ReportDisputeFundsWithdrawn, report_dispute_funds_withdrawn.decide
    ),
    "report_dispute_fee": Handler(report_dispute_fee.ReportDisputeFee, report_dispute_fee.decide),
    "report_dispute_won": Handler(report_dispute_won.ReportDisputeWon, report_dispute_won.decide),
    "report_dispute_lost": Handler(report_dispute_lost.ReportDisputeLost, report_dispute_lost.decide),
    "record_logistics_charge": Handler(record_logistics_charge.RecordLogisticsCharge, record_logistics_charge.decide),
    "report_duty": Handler(report_duty.ReportDuty, report_duty.decide),
    "file_logistics_claim": Handler(file_logistics_claim.FileLogisticsClaim, file_logistics_claim.decide),
    "report_claim_accepted": Handler(report_claim_accepted.ReportClaimAccepted, report_claim_accepted.decide),
    "report_claim_settled": Handler(report_claim_settled.ReportClaimSettled, report_claim_settled.decide),
    "report_claim_denied": Handler(report_claim_denied.ReportClaimDenied, report_claim_denied.decide),
    # settlement and payouts
    "release_settlement": Handler(release_settlement.ReleaseSettlement, release_settlement.decide),
    "initiate_payout": Handler(initiate_payout.InitiatePayout, initiate_payout.decide),
    "report_payout_paid": Handler(report_payout_paid.ReportPayoutPaid, report_payout_paid.decide),
    "report_payout_failed": Handler(report_payout_failed.ReportPayoutFailed, report_payout_failed.decide),
    "report_payout_returned": Handler(report_payout_returned.ReportPayoutReturned, report_payout_returned.decide),
    "submit_payout": Handler(submit_payout.SubmitPayout, submit_payout.decide),
    "cancel_payout": Handler(cancel_payout.CancelPayout, cancel_payout.decide),
    "hold_settlement": Handler(hold_settlement.HoldSettlement, hold_settlement.decide),
    "release_hold": Handler(release_hold.ReleaseHold, release_hold.decide),
    "start_settlement_run": Handler(start_settlement_run.StartSettlementRun, start_settlement_run.decide),
    "issue_statement": Handler(issue_statement.IssueStatement, issue_statement.decide),
    "complete_settlement_run": Handler(complete_settlement_run.CompleteSettlementRun, complete_settlement_run.decide),
    "propose_debt_write_off": Handler(propose_debt_write_off.ProposeDebtWriteOff, propose_debt_write_off.decide),
    "write_off_merchant_debt": Handler(write_off_merchant_debt.WriteOffMerchantDebt, write_off_merchant_debt.decide),
    "reject_debt_write_off": Handler(reject_debt_write_off.RejectDebtWriteOff, reject_debt_write_off.decide),
    # facts whose order or merchant is not known yet
    "note_unrouted_payment": Handler(note_unrouted_payment.NoteUnroutedPayment, note_unrouted_payment.decide),
    "note_unrouted_fact": Handler(note_unrouted_fact.NoteUnroutedFact, note_unrouted_fact.decide),
    "route_inbox_fact": Handler(route_inbox_fact.RouteInboxFact, route_inbox_fact.decide),
    "report_unrouted_capture_failed": Handler(
        report_unrouted_capture_failed.ReportUnroutedCaptureFailed, report_unrouted_capture_failed.decide
    ),
    "route_inbox_payment": Handler(route_inbox_payment.RouteInboxPayment, route_inbox_payment.decide),
    "mark_inbox_routed": Handler(mark_inbox_routed.MarkInboxRouted, mark_inbox_routed.decide),
    "refund_unallocated_funds": Handler(
        refund_unallocated_funds.RefundUnallocatedFunds, refund_unallocated_funds.decide
    ),
    "report_unallocated_refund_paid": Handler(
        report_unallocated_refund_paid.ReportUnallocatedRefundPaid, report_unallocated_refund_paid.decide
    ),
    "report_unallocated_refund_failed": Handler(
        report_unallocated_refund_failed.ReportUnallocatedRefundFailed, report_unallocated_refund_failed.decide
    ),
    "submit_unallocated_refund": Handler(
        submit_unallocated_refund.SubmitUnallocatedRefund, submit_unallocated_refund.decide
    ),
    # the books of account
    "propose_adjustment": Handler(propose_adjustment.ProposeAdjustment, propose_adjustment.decide),
    "approve_adjustment": Handler(approve_adjustment.ApproveAdjustment, approve_adjustment.decide),
    "reject_adjustment": Handler(reject_adjustment.RejectAdjustment, reject_adjustment.decide),
    "record_partner_invoice_paid": Handler(
        record_partner_invoice_paid.RecordPartnerInvoicePaid, record_partner_invoice_paid.decide
    ),
    "record_tax_remitted": Handler(record_tax_remitted.RecordTaxRemitted, record_tax_remitted.decide),
    "record_bank_fx_converted": Handler(
        record_bank_fx_converted.RecordBankFxConverted, record_bank_fx_converted.decide
    ),
    "post_fx_revaluation": Handler(post_fx_revaluation.PostFxRevaluation, post_fx_revaluation.decide),
    "close_book_period": Handler(close_book_period.CloseBookPeriod, close_book_period.decide),
    "close_period": Handler(close_period.ClosePeriod, close_period.decide),
    "reopen_period": Handler(reopen_period.ReopenPeriod, reopen_period.decide),
    "reopen_book_period": Handler(reopen_book_period.ReopenBookPeriod, reopen_book_period.decide),
    # partners' files
    "accept_file": Handler(accept_file.AcceptFile, accept_file.decide),
    "report_bank_statement": Handler(report_bank_statement.ReportBankStatement, report_bank_statement.decide),
    "report_bank_entry": Handler(report_bank_entry.ReportBankEntry, report_bank_entry.decide),
    # differences, which people explain
    "assign_break": Handler(assign_break.AssignBreak, assign_break.decide),
    "resolve_break": Handler(resolve_break.ResolveBreak, resolve_break.decide),
}
