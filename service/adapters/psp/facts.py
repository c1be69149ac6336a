"""Facts in providers' messages, independent of the provider, and their commands once the order is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from pydantic import ValidationError

from commands.command import Command
from commands.disputes.report_dispute_fee import ReportDisputeFee
from commands.disputes.report_dispute_funds_withdrawn import ReportDisputeFundsWithdrawn
from commands.disputes.report_dispute_lost import ReportDisputeLost
from commands.disputes.report_dispute_opened import ReportDisputeOpened
from commands.disputes.report_dispute_won import ReportDisputeWon
from commands.limits import kept_text
from commands.payments.report_authorisation_expired import ReportAuthorisationExpired
from commands.payments.report_payment_authorised import ReportPaymentAuthorised
from commands.payments.report_payment_captured import ReportPaymentCaptured, report_id
from commands.payments.report_payment_failed import ReportPaymentFailed
from commands.payments.report_payment_voided import ReportPaymentVoided
from commands.refunds.report_refund_outcome import ReportRefundOutcome
from commands.unmatched.report_unmatched_fact import ReportUnmatchedFact
from commands.unmatched.report_unmatched_payment import ReportUnmatchedPayment
from ledger.actors import Actor, Source
from ledger.currencies import all_currencies, exponent_of
from ledger.events.platform import UnmatchedFactReported
from ledger.ids import derived_id, is_id
from ledger.limits import LARGEST_AMOUNT, LARGEST_NUMBER
from ledger.money import Money, total
from ledger.references import reference_key
from service.adapters.refused_bodies import PayloadNotUnderstood

FactKind = Literal[
    "authorised", "captured", "failed", "voided", "expired", "refund", "dispute_opened", "dispute_withdrawn",
    "dispute_won", "dispute_lost", "dispute_fee",
    "payout_failed",  # the provider's payout to our bank failed: unmatched, for people
    "other",  # kept for the record; nobody has to act
]  # fmt: skip
_UNNAMED = "unnamed"  # for a message with neither id nor reference
_COMMANDS: dict[FactKind, type[Command]] = {
    "authorised": ReportPaymentAuthorised,
    "captured": ReportPaymentCaptured,
    "failed": ReportPaymentFailed,
    "voided": ReportPaymentVoided,
    "expired": ReportAuthorisationExpired,
    "refund": ReportRefundOutcome,
    "dispute_opened": ReportDisputeOpened,
    "dispute_withdrawn": ReportDisputeFundsWithdrawn,
    "dispute_fee": ReportDisputeFee,
    "dispute_won": ReportDisputeWon,
    "dispute_lost": ReportDisputeLost,
}


class Unreadable(PayloadNotUnderstood, ValueError):
    """The message does not follow its provider's documentation. The text is the reason."""


@dataclass(frozen=True, slots=True)
class ProviderFact:
    """One fact of a message. `said` holds the command's fields; `names` holds references by which its order is known.

    `order` is the merchant and order that the message itself names.
    """

    psp: str
    message_id: str
    kind: FactKind
    type: str  # the provider's event type
    happened_at: datetime | None  # None if the provider gives no valid time
    names: tuple[str, ...]
    said: Mapping[str, Any] = field(default_factory=dict)
    amount: Money | None = None
    order: tuple[str, str] | None = None

    @property
    def capture_ref(self) -> str:
        """Returns the key of the fact's capture; "" if it names none."""
        return reference_key(str(self.said.get("capture_ref") or "")) if self.said.get("capture_ref") else ""

    @property
    def perhaps_of(self) -> tuple[str, ...]:
        """Returns possible references of the fact's capture. Some providers use one reference for a payment and its
        capture.
        """
        reported = ("psp_ref", "payment_id") if self.kind == "failed" else ()
        names = (self.capture_ref, *(str(self.said.get(name) or "") for name in reported))
        return tuple(dict.fromkeys(reference_key(name) for name in names if name))

    def of_capture(self, capture_ref: str) -> ProviderFact:
        """Returns the fact with this capture, which was reported before."""
        return replace(self, said={**self.said, "capture_ref": capture_ref})

    def once(self) -> ProviderFact:
        """Returns the fact with an amount that is not cumulative: a cumulative amount cannot be split over several
        orders.
        """
        return replace(self, said={**self.said, "cumulative": False})

    def is_cumulative_in(self, currency: str) -> bool:
        """Returns True if the amount is the total captured so far, in this currency."""
        return bool(self.said.get("cumulative")) and self.amount is not None and self.amount.currency == currency

    def is_cumulative_below(self, known: Money) -> bool:
        """Returns True if the amount is a captured total below the known one, so that the fact is outdated."""
        return self.is_cumulative_in(known.currency) and self.amount is not None and self.amount < known

    def of(self, amount: Money) -> ProviderFact:
        """Returns the fact with the part of one of several orders as its amount."""
        return replace(self, said={**self.said, "amount": amount}, amount=amount)

    def shared_among(self, parts: Mapping[tuple[str, str], Money]) -> Mapping[tuple[str, str], ProviderFact]:
        """Returns the fact of each order that shares the capture, with its part: a failure, or a refund of the whole.

        Empty for other facts: a person says which order they concern.
        """
        is_shared = self.kind == "failed"
        if self.kind == "refund" and not self.said.get("attempt_id") and len(parts) > 1:
            is_shared = total(list(parts.values()), next(iter(parts.values())).currency) == self.amount
        return {order: self.of(part) for order, part in parts.items()} if is_shared else {}

    def command(self, order: tuple[str, str] | None) -> Command:
        """Returns the report to the order. Without an order, or if the report would be invalid, returns an unmatched
        item. The same message has the same id; so has the same capture, from any message.
        """
        if order and (report := self.report(order)):
            return report
        if self.kind == "captured":
            about = {"psp": self.psp, **self.said, "refs": self._refs}
            if found := _validated(ReportUnmatchedPayment, self._envelope(self._capture_id("unmatched")) | about):
                return found
        return ReportUnmatchedFact(
            **self._envelope(derived_id(self.psp, self.message_id)),
            system=self.psp,
            reference=next(filter(None, (*self.names, self.message_id)), _UNNAMED),
            kind=f"psp_{self.kind}",
            refs={"type": kept_text(self.type)} | self._refs,
            body={"said": {name: _plain(value) for name, value in self.said.items()}},
        )

    @property
    def command_id(self) -> str:
        """Returns the id of the message's command."""
        return reference_key(derived_id(self.psp, self.message_id))

    def report(self, order: tuple[str, str]) -> Command | None:
        """Returns the report to the order; None if orders have no such fact, or if a field is invalid."""
        if self.kind not in _COMMANDS:
            return None
        id = self._capture_id(order[1]) if self.kind == "captured" else derived_id(self.psp, self.message_id, order[1])
        names = {"merchant_id": order[0], "order_id": order[1], "psp": self.psp}
        return _validated(_COMMANDS[self.kind], self._envelope(id) | names | dict(self.said))

    @property
    def _refs(self) -> dict[str, str]:
        return {"named": kept_text(",".join(self.names))}

    def _capture_id(self, order_id: str) -> str:
        amount = self.amount or Money(0, "XXX")
        return report_id(psp=self.psp, capture_ref=self.capture_ref, order_id=order_id, amount=amount)

    def _envelope(self, id: str) -> dict[str, Any]:
        return {
            "id": reference_key(id),
            "actor": Actor(kind="partner", id=self.psp, role="psp"),
            "source": Source(system=self.psp, external_id=kept_text(self.message_id)),
            "occurred_at": self.happened_at,
        }


def noted_fact(note: UnmatchedFactReported, message_id: str) -> ProviderFact | None:
    """Returns the fact of an unmatched item; None if the item is not a provider's fact."""
    kind = note.kind.removeprefix("psp_")
    if kind == note.kind or kind not in _COMMANDS or "said" not in note.body:
        return None
    said = {name: _reported(value) for name, value in note.body["said"].items()}
    return ProviderFact(
        psp=note.system,
        message_id=message_id,
        kind=kind,
        type=note.refs.get("type", ""),
        happened_at=note.happened_at,
        names=tuple(name for name in note.refs.get("named", "").split(",") if name),
        said=said,
        amount=said.get("amount"),
    )


def instant_or_none(read: Callable[[Any], datetime], reported: Any) -> datetime | None:
    """Returns the instant that a provider gives; None if it is not a valid time."""
    try:
        return read(reported)
    except ValueError:
        return None


def order_named(merchant_id: Any, order_id: Any) -> tuple[str, str] | None:
    """Returns the merchant and order that a message names; None unless both are valid ids."""
    return (merchant_id, order_id) if is_id(merchant_id) and is_id(order_id) else None


def amount_of(minor: Any, currency: Any, digits: Mapping[str, int] = {}) -> Money:
    """Returns a provider's amount, which is above zero. `digits` are the decimals of currencies that the provider
    counts differently from ISO 4217. Raises `Unreadable`.
    """
    code = currency.upper() if isinstance(currency, str) else ""
    if not isinstance(minor, int) or isinstance(minor, bool) or minor <= 0 or code not in all_currencies():
        raise Unreadable(f"{str(minor)[:40]!r} {str(currency)[:40]!r} is not an amount")
    shift = exponent_of(code) - digits.get(code, exponent_of(code))
    whole, rest = divmod(minor, 10**-shift) if shift < 0 else (minor * 10**shift, 0)
    if whole > LARGEST_AMOUNT:
        raise Unreadable(f"{str(minor)[:40]} {currency!r} is more than the largest amount")
    if rest:
        raise Unreadable(f"{minor!r} {currency!r} is not a whole number of minor units of {code}")
    return Money(whole, code)


def _validated(kind: type[Command], reported: Mapping[str, Any]) -> Command | None:
    """Returns the command; None if a value is invalid."""
    try:
        return kind.model_validate(reported)
    except ValidationError:
        return None


def _plain(value: Any) -> Any:
    """Returns the JSON value of a field, from which the report can be made later."""
    match value:
        case Money():
            return {"currency": value.currency, "minor": value.minor}
        case datetime():
            return value.isoformat()
        case str():
            return kept_text(value)
        case None | bool():
            return value
        case int() if abs(value) <= LARGEST_NUMBER:
            return value
    return kept_text(str(value))  # a float or another unexpected value is kept as text and never becomes an amount


def _reported(value: Any) -> Any:
    match value:
        case {"currency": str(currency), "minor": int(minor)}:
            return Money(minor, currency)
    return value
