"""Records the facts of messages and answers: each by its line of the table, with the references that the books know."""

from __future__ import annotations

from collections.abc import Sequence

from commands.bus.fault import fault_of
from commands.bus.outcome import Outcome
from commands.command import Command
from commands.unmatched.match_payment import MatchPayment
from ledger.accounting_days import accounting_day
from ledger.ids import PLATFORM_BOOK, derived_id
from ledger.money import Money
from ledger.refusals.catalogue import RateMissing
from service.app import App
from service.failures import ServiceFailure
from service.partner_facts.answers import InstructionAnswered
from service.partner_facts.facts import PartnerFact
from service.partner_facts.payments import (
    CaptureReported,
    DisputeFeeReported,
    DisputeLossReported,
    DisputeWithdrawalReported,
    ProviderFact,
    RefundReported,
)
from service.partner_reports.provider_reports import message_command_id
from service.partner_reports.references import RecordedReferences
from service.partner_reports.table import commands_of
from service.unmatched.payment_matches import PaymentMatcher

# Facts that are booked at the rate of the day on which they happened.
_BOOKED = (
    CaptureReported,
    RefundReported,
    DisputeWithdrawalReported,
    DisputeLossReported,
    DisputeFeeReported,
    InstructionAnswered,
)


class RateNotKnown(ServiceFailure):
    """No rate of the currency is recorded. A break is open; the money is booked when it is reported again."""


def record_facts(app: App, facts: Sequence[PartnerFact]) -> list[Outcome]:
    """Records each fact with its order or parcel, or as an unmatched item if none is known. A repeated fact changes
    nothing.

    A failed fact does not stop the others. Raises `ViewBehind` if the references are not up to date, and `RateNotKnown`
    after all other facts are recorded.
    """
    known = RecordedReferences(app, facts)
    rateless: list[Money] = []
    commands: list[Command] = []
    faults: list[Outcome] = []
    for fact in facts:
        try:
            reported = list(commands_of(fact, known))
            missing = _without_rate(app, fact)
        except Exception as error:
            id = message_command_id(fact) if isinstance(fact, ProviderFact) else ""
            faults.append(fault_of(error, command=type(fact).__name__, id=id, book=PLATFORM_BOOK, stream=""))
            continue
        if missing:
            rateless.append(missing)
            reported = [_as_not_booked(command) for command in reported]
        commands += reported
    outcomes = faults + app.bus.submit(commands)
    for command in commands:
        if isinstance(command, MatchPayment):
            PaymentMatcher(app.ledger, app.bus).carry_out(command.psp, command.capture_ref)
    if rateless:
        raise RateNotKnown(f"No rate of {rateless[0].currency} is recorded. Publish a rate and report the facts again.")
    return outcomes


def _without_rate(app: App, fact: PartnerFact) -> Money | None:
    """Returns the amount of a fact that is booked at a rate, if the rate is missing."""
    if not isinstance(fact, _BOOKED) or fact.amount is None:
        return None
    if isinstance(fact, InstructionAnswered) and not fact.moves_buyers_money:
        return None
    try:
        app.bus.reference().rate(fact.amount.currency, "book", accounting_day(fact.happened_at or app.clock()))
    except RateMissing:
        return fact.amount
    return None


def _as_not_booked(command: Command) -> Command:
    """Returns the command under another id, so that a later report that can be booked is not answered by it."""
    return command.model_copy(update={"id": derived_id("unbooked", command.id)})
