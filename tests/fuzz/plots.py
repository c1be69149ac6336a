"""Which plot leads to which commands: a plot is a few commands in order, reported among everything else that
happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.fuzz import order_plots, platform_plots
from tests.fuzz.script import Script, Step

Plot = Callable[[Script], Iterator[Step]]
PLOTS: tuple[tuple[Plot, str], ...] = (  # each with the commands it is for
    (order_plots.deemed, "deem_signed release_settlement"),
    (order_plots.returned, "expire_return report_return_shipped report_return_received record_return_inspection"),
    (
        order_plots.cancelled,
        "cancel_order submit_refund report_refund_outcome approve_refund",
    ),
    (order_plots.charged, "refund_charges"),
    (order_plots.rejected, "request_refund reject_refund withdraw_refund"),
    (order_plots.amiss("refund_refused_parcel", "export_rejected"), "refund_refused_parcel report_tracking"),
    (order_plots.amiss("refund_damaged_parcel", "damaged"), "refund_damaged_parcel"),
    (order_plots.amiss("refund_returned_parcel", "returning_to_sender"), "refund_returned_parcel"),
    (
        order_plots.lost,
        "report_loss refund_lost_parcel file_logistics_claim report_claim_accepted report_claim_settled "
        "report_claim_denied",
    ),
    (
        order_plots.disputed,
        "report_dispute_opened submit_dispute_evidence report_dispute_funds_withdrawn report_dispute_fee "
        "report_dispute_lost report_dispute_won",
    ),
    (
        order_plots.authorised,
        "report_payment_initiated report_payment_authorised capture_payment report_payment_failed "
        "void_payment report_payment_voided report_authorisation_expired",
    ),
    (order_plots.unpaid, "expire_order refund_buyer_funds"),
    (
        order_plots.captured_first,
        "flag_unallocated_capture approve_duplicate_capture_refund change_delivery_details report_status "
        "place_order report_payment_captured",
    ),
    (
        order_plots.sent_otherwise,
        "report_dispatch report_consolidation report_split flag_shared_number flag_customs_tie "
        "record_logistics_charge report_duty",
    ),
    (
        order_plots.payout,
        "initiate_payout submit_payout cancel_payout report_payout_returned "
        "report_payout_failed create_parcel dispatch_parcel report_signature",
    ),
    (order_plots.indebted, "report_payout_paid"),
    (order_plots.held, "hold_line release_line_hold hold_settlement release_hold"),
    (platform_plots.run, "start_settlement_run issue_statement complete_settlement_run"),
    (
        platform_plots.unmatched,
        "report_unmatched_payment report_unmatched_settlement match_payment mark_parts_taken "
        "mark_payment_matched refund_unmatched_funds report_unmatched_refund_outcome "
        "submit_unmatched_refund report_unmatched_capture_failed",
    ),
    (platform_plots.unmatched_fact, "report_unmatched_fact mark_fact_matched"),
    (
        platform_plots.adjusted,
        "record_partner_invoice_paid record_tax_remitted record_bank_fx_converted",
    ),
    (platform_plots.closed, "post_fx_revaluation close_book_period complete_period_close reopen_book_period"),
    (
        platform_plots.merchant,
        "enrol_merchant reject_merchant register_payout_account verify_payout_account disable_payout_account "
        "set_express_refund set_auto_export suspend_merchant reinstate_merchant withdraw_merchant",
    ),
    (
        platform_plots.access,
        "open_access_account create_access_token record_access_token_use record_export revoke_access_token "
        "close_access_account",
    ),
    (
        platform_plots.subscription,
        "create_subscription change_subscription pause_subscription resume_subscription rewind_subscription "
        "replay_parked_event skip_parked_event retire_subscription",
    ),
    (
        platform_plots.webhook,
        "rotate_webhook_secret send_test_webhook",
    ),
    (
        platform_plots.product,
        "submit_product publish_product_translation approve_product set_export_status revoke_product reject_product",
    ),
    (
        platform_plots.files,
        "accept_file complete_file record_payment_order report_bank_statement report_bank_entry "
        "flag_missing_line flag_stuck",
    ),
    (platform_plots.batch, "report_psp_settlement report_psp_batch"),
    (platform_plots.worked, "assign_break resolve_break"),
    (platform_plots.proposed, "propose approve_proposal reject_proposal"),
    (platform_plots.rules, "adopt_policy record_fx_rate"),
)
PLOT_OF = {name: plot for plot, names in PLOTS for name in names.split()}
