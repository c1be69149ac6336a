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
from service.partner_facts.bodies import BodyUnmapped, BodyUnread
from service.partner_facts.facts import PartnerFact
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
from service.partner_reports.kept_bodies import unmapped, unread
from service.partner_reports.provider_reports import ToOrder
from service.partner_reports.references import References
from service.partner_reports.scans import to_parcel


class Line(Protocol):
    """Makes the commands of one kind of fact: a pure function of the fact and of what our books know."""

    def __call__(self, fact: Any, known: References, /) -> Iterable[Command]: ...


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
_OTHER_REPORTS: Mapping[type[PartnerFact], Line] = {
    ParcelScanned: to_parcel,
    BodyUnread: unread,
    BodyUnmapped: unmapped,
}
REPORTS: Mapping[type[PartnerFact], Line] = {**PROVIDER_REPORTS, **_OTHER_REPORTS}  # type: ignore[dict-item]


def commands_of(fact: PartnerFact, known: References) -> Iterator[Command]:
    """Yields the commands that record a fact."""
    yield from REPORTS[type(fact)](fact, known)


def report_to(fact: ProviderFact, order: Order) -> Command | None:
    """Returns the report of a fact to this order; None if orders have no such fact, or if a field is invalid."""
    return PROVIDER_REPORTS[type(fact)].report(fact, order)
