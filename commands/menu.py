"""The menu: every command there is, by the name it is asked for."""

from __future__ import annotations

from commands import (
    approve_product,
    approve_refund,
    cancel_order,
    create_parcel,
    disable_payout_account,
    dispatch_parcel,
    enrol_merchant,
    initiate_payout,
    note_unrouted_fact,
    note_unrouted_payment,
    place_order,
    publish_policy,
    publish_product_translation,
    record_fx_rate,
    refund_lost_parcel,
    register_payout_account,
    reinstate_merchant,
    reject_merchant,
    reject_product,
    reject_refund,
    release_settlement,
    report_consolidation,
    report_dispatch,
    report_loss,
    report_payment_authorised,
    report_payment_captured,
    report_payment_failed,
    report_payout_failed,
    report_payout_paid,
    report_payout_returned,
    report_refund_outcome,
    report_signature,
    report_split,
    report_status,
    report_tracking,
    request_refund,
    revoke_product,
    set_auto_export,
    set_export_status,
    set_express_refund,
    set_fee_schedule,
    submit_product,
    submit_refund,
    suspend_merchant,
    verify_payout_account,
    withdraw_merchant,
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
    "report_payment_authorised": Handler(
        report_payment_authorised.ReportPaymentAuthorised, report_payment_authorised.decide
    ),
    "report_payment_captured": Handler(report_payment_captured.ReportPaymentCaptured, report_payment_captured.decide),
    "report_payment_failed": Handler(report_payment_failed.ReportPaymentFailed, report_payment_failed.decide),
    "create_parcel": Handler(create_parcel.CreateParcel, create_parcel.decide),
    "dispatch_parcel": Handler(dispatch_parcel.DispatchParcel, dispatch_parcel.decide),
    "report_dispatch": Handler(report_dispatch.ReportDispatch, report_dispatch.decide),
    "report_tracking": Handler(report_tracking.ReportTracking, report_tracking.decide),
    "report_consolidation": Handler(report_consolidation.ReportConsolidation, report_consolidation.decide),
    "report_split": Handler(report_split.ReportSplit, report_split.decide),
    "report_signature": Handler(report_signature.ReportSignature, report_signature.decide),
    "report_loss": Handler(report_loss.ReportLoss, report_loss.decide),
    "report_status": Handler(report_status.ReportStatus, report_status.decide),
    # refunds
    "request_refund": Handler(request_refund.RequestRefund, request_refund.decide),
    "approve_refund": Handler(approve_refund.ApproveRefund, approve_refund.decide),
    "reject_refund": Handler(reject_refund.RejectRefund, reject_refund.decide),
    "refund_lost_parcel": Handler(refund_lost_parcel.RefundLostParcel, refund_lost_parcel.decide),
    "submit_refund": Handler(submit_refund.SubmitRefund, submit_refund.decide),
    "report_refund_outcome": Handler(report_refund_outcome.ReportRefundOutcome, report_refund_outcome.decide),
    # settlement and payouts
    "release_settlement": Handler(release_settlement.ReleaseSettlement, release_settlement.decide),
    "initiate_payout": Handler(initiate_payout.InitiatePayout, initiate_payout.decide),
    "report_payout_paid": Handler(report_payout_paid.ReportPayoutPaid, report_payout_paid.decide),
    "report_payout_failed": Handler(report_payout_failed.ReportPayoutFailed, report_payout_failed.decide),
    "report_payout_returned": Handler(report_payout_returned.ReportPayoutReturned, report_payout_returned.decide),
    # facts whose order or merchant is not known yet
    "note_unrouted_payment": Handler(note_unrouted_payment.NoteUnroutedPayment, note_unrouted_payment.decide),
    "note_unrouted_fact": Handler(note_unrouted_fact.NoteUnroutedFact, note_unrouted_fact.decide),
}
