"""What a provider's message says, in no provider's own words; and the command it becomes once its order is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from commands.command import Command
from commands.note_unrouted_fact import NoteUnroutedFact
from commands.note_unrouted_payment import NoteUnroutedPayment
from commands.report_dispute_funds_withdrawn import ReportDisputeFundsWithdrawn
from commands.report_dispute_lost import ReportDisputeLost
from commands.report_dispute_opened import ReportDisputeOpened
from commands.report_dispute_won import ReportDisputeWon
from commands.report_payment_authorised import ReportPaymentAuthorised
from commands.report_payment_captured import ReportPaymentCaptured
from commands.report_payment_failed import ReportPaymentFailed
from commands.report_payment_voided import ReportPaymentVoided
from commands.report_refund_outcome import ReportRefundOutcome
from ledger.currencies import all_currencies
from ledger.ids import derived_id
from ledger.money import Money
from ledger.who import Actor, Source

FactKind = Literal[
    "authorised", "captured", "failed", "voided", "refund", "dispute_opened", "dispute_withdrawn", "dispute_won",
    "dispute_lost", "other",
]  # fmt: skip
_COMMANDS: dict[FactKind, type[Command]] = {
    "authorised": ReportPaymentAuthorised,
    "captured": ReportPaymentCaptured,
    "failed": ReportPaymentFailed,
    "voided": ReportPaymentVoided,
    "refund": ReportRefundOutcome,
    "dispute_opened": ReportDisputeOpened,
    "dispute_withdrawn": ReportDisputeFundsWithdrawn,
    "dispute_won": ReportDisputeWon,
    "dispute_lost": ReportDisputeLost,
}


class Unreadable(ValueError):
    """The message is none that its provider documents; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class ProviderFact:
    """One fact of one message. `said` are the fields of the command; `names` references that its order is known by.

    `order` is the merchant and order that the message itself names.
    """

    psp: str
    message_id: str
    kind: FactKind
    type: str  # the provider's own word for it
    happened_at: datetime
    names: tuple[str, ...]
    said: Mapping[str, Any] = field(default_factory=dict)
    amount: Money | None = None
    order: tuple[str, str] | None = None

    def command(self, order: tuple[str, str] | None) -> Command:
        """The report to that order; without one, a note in the inbox. The same message has the same id."""
        envelope = {
            "id": derived_id(self.psp, self.message_id),
            "actor": Actor(kind="partner", id=self.psp, role="psp"),
            "source": Source(system=self.psp, external_id=self.message_id),
            "occurred_at": self.happened_at,
        }
        if order and self.kind in _COMMANDS:
            names = {"merchant_id": order[0], "order_id": order[1], "psp": self.psp}
            return _COMMANDS[self.kind].model_validate(envelope | names | dict(self.said))
        if self.kind == "captured":
            about = {"psp": self.psp, **self.said, "refs": {"named": ",".join(self.names)}}
            return NoteUnroutedPayment.model_validate(envelope | about)
        body = {"minor": self.amount.minor, "currency": self.amount.currency} if self.amount else {}
        return NoteUnroutedFact(
            **envelope,
            system=self.psp,
            reference=self.names[0] if self.names else self.message_id,
            kind=f"psp_{self.kind}",
            refs={"type": self.type, "named": ",".join(self.names)},
            body=body,
        )


def amount_of(minor: Any, currency: Any) -> Money:
    """A provider's amount in minor units, more than nothing. Raises `Unreadable`."""
    code = currency.upper() if isinstance(currency, str) else ""
    if not isinstance(minor, int) or isinstance(minor, bool) or minor <= 0 or code not in all_currencies():
        raise Unreadable(f"{minor!r} {currency!r} is no amount")
    return Money(minor, code)
