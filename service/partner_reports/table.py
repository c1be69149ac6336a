"""The one table from facts of partners to the commands that record them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from commands.command import Command
from commands.disputes.report_dispute_fee import ReportDisputeFee
from commands.disputes.report_dispute_funds_withdrawn import ReportDisputeFundsWithdrawn
from commands.disputes.report_dispute_lost import ReportDisputeLost
from commands.disputes.report_dispute_opened import ReportDisputeOpened
from commands.disputes.report_dispute_won import ReportDisputeWon
from commands.payments.report_authorisation_expired import ReportAuthorisationExpired
from commands.payments.report_payment_authorised import ReportPaymentAuthorised
from commands.payments.report_payment_captured import ReportPaymentCaptured
from commands.payments.report_payment_failed import ReportPaymentFailed
from commands.payments.report_payment_voided import ReportPaymentVoided
from commands.refunds.report_refund_outcome import ReportRefundOutcome
from service.partner_facts.answers import InstructionAnswered
from service.partner_facts.bank import BankStatementsReported, PayoutStatusReported
from service.partner_facts.bodies import BodyUnmapped, BodyUnread
from service.partner_facts.facts import FileFact, PartnerFact
from service.partner_facts.invoices import ParcelCostInvoiced
from service.partner_facts.parcels import ParcelScanned
from service.partner_facts.payments import (
    AuthorisationReported,
    CaptureReported,
    DisputeFeeReported,
    DisputeLossReported,
    DisputeOpeningReported,
    DisputeWinReported,
    DisputeWithdrawalReported,
    ExpiryReported,
    Order,
    OtherReported,
    PaymentFailureReported,
    ProviderFact,
    ProviderPayoutFailureReported,
    RefundReported,
    VoidReported,
)
from service.partner_facts.settlement import SettlementReported
from service.partner_reports.answers import answered
from service.partner_reports.bank_statements import statement_rows
from service.partner_reports.file_references import FileReferences
from service.partner_reports.kept_bodies import unmapped, unread
from service.partner_reports.parcel_costs import parcel_cost
from service.partner_reports.payment_answers import payout_status
from service.partner_reports.provider_reports import ToOrder
from service.partner_reports.references import References
from service.partner_reports.rows import Row
from service.partner_reports.scans import to_parcel
from service.partner_reports.settlement_batches import settlement_rows


class Line(Protocol):
    """Makes the commands of one kind of fact: a pure function of the fact and of what our books know."""

    def __call__(self, fact: Any, known: References, /) -> Iterable[Command]: ...


class FileLine(Protocol):
    """Makes the rows of one kind of fact in files."""

    def __call__(self, fact: Any, known: FileReferences, /) -> Iterable[Row]: ...


PROVIDER_REPORTS: Mapping[type[ProviderFact], ToOrder] = {
    AuthorisationReported: ToOrder(ReportPaymentAuthorised),
    CaptureReported: ToOrder(ReportPaymentCaptured),
    PaymentFailureReported: ToOrder(ReportPaymentFailed),
    VoidReported: ToOrder(ReportPaymentVoided),
    ExpiryReported: ToOrder(ReportAuthorisationExpired),
    RefundReported: ToOrder(ReportRefundOutcome),
    DisputeOpeningReported: ToOrder(ReportDisputeOpened),
    DisputeWithdrawalReported: ToOrder(ReportDisputeFundsWithdrawn),
    DisputeFeeReported: ToOrder(ReportDisputeFee),
    DisputeWinReported: ToOrder(ReportDisputeWon),
    DisputeLossReported: ToOrder(ReportDisputeLost),
    ProviderPayoutFailureReported: ToOrder(None),
    OtherReported: ToOrder(None),
}
MESSAGE_REPORTS: Mapping[type[PartnerFact], Line] = {
    ParcelScanned: to_parcel,
    InstructionAnswered: answered,
    BodyUnread: unread,
    BodyUnmapped: unmapped,
}
FILE_REPORTS: Mapping[type[FileFact], FileLine] = {
    BankStatementsReported: statement_rows,
    PayoutStatusReported: payout_status,
    SettlementReported: settlement_rows,
    ParcelCostInvoiced: parcel_cost,
}


def commands_of(fact: PartnerFact, known: References) -> Iterator[Command]:
    """Yields the commands that record a fact."""
    if isinstance(fact, ProviderFact):
        yield from PROVIDER_REPORTS[type(fact)](fact, known)
    else:
        yield from MESSAGE_REPORTS[type(fact)](fact, known)


def rows_of(fact: FileFact, known: FileReferences) -> list[Row]:
    """Returns the rows of a file's fact, with the commands that record it."""
    return list(FILE_REPORTS[type(fact)](fact, known))


def report_to(fact: ProviderFact, order: Order) -> Command | None:
    """Returns the report of a fact to this order; None if orders have no such fact, or if a field is invalid."""
    return PROVIDER_REPORTS[type(fact)].report(fact, order)
