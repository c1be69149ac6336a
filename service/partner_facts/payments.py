"""Facts about payments, refunds and disputes that a payment provider reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar

from ledger.money import Money
from ledger.references import reference_key

Order = tuple[str, str]  # merchant and order


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderFact:
    """One fact of a message. `names` are references by which its order is known; `order` is the one that the message
    itself names. `happened_at` is None if the provider gives no valid time.

    The other fields are as the provider gives them; its command checks them.
    """

    kind: ClassVar[str]
    psp: str
    message_id: str
    type: str  # the provider's event type
    happened_at: datetime | None
    names: tuple[str, ...]
    order: Order | None = None
    amount: Money | None = None

    @property
    def said(self) -> dict[str, Any]:
        """Returns the fields that the message gives, by the names of its command's fields."""
        own = self.own_fields()
        return {name: value for name, default in own.items() if (value := getattr(self, name)) != default}

    @classmethod
    def own_fields(cls) -> dict[str, Any]:
        """Returns the fields of the command, with their defaults."""
        return {each.name: each.default for each in fields(cls) if each.name not in _ENVELOPE}

    @property
    def capture_key(self) -> str:
        """Returns the key of the fact's capture; "" if it names none."""
        return reference_key(str(named)) if (named := self.said.get("capture_ref")) else ""


_ENVELOPE = {each.name for each in fields(ProviderFact)} - {"amount"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorisationReported(ProviderFact):
    """The buyer's bank holds the money."""

    kind = "authorised"
    payment_id: str = ""
    psp_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureReported(ProviderFact):
    """The provider has taken the buyer's money. A `cumulative` amount is the total captured so far."""

    kind = "captured"
    payment_id: str = ""
    psp_ref: str = ""
    capture_ref: str | None = None
    cumulative: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFailureReported(ProviderFact):
    """A payment, or the capture that is named, has failed."""

    kind = "failed"
    payment_id: str = ""
    psp_ref: str = ""
    capture_ref: str | None = None
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidReported(ProviderFact):
    """An authorisation was cancelled."""

    kind = "voided"
    payment_id: str = ""
    psp_ref: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryReported(ProviderFact):
    """An authorisation, or the part of it that was not captured, has expired."""

    kind = "expired"
    payment_id: str = ""
    psp_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundReported(ProviderFact):
    """A refund has succeeded, failed or was reversed (`outcome`). `attempt_id` is our id of it."""

    kind = "refund"
    outcome: str = ""
    psp_refund_ref: str = ""
    attempt_id: str | None = None
    capture_ref: str | None = None
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeFact(ProviderFact):
    """A fact about a dispute. It names the disputed capture, or its payment."""

    dispute_id: str = ""
    capture_ref: str | None = None
    payment_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeOpeningReported(DisputeFact):
    """A dispute was opened or has changed. `raw_code` is the provider's own reason."""

    kind = "dispute_opened"
    stage: str = ""
    reason: str = ""
    raw_code: str = ""
    due_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeWithdrawalReported(DisputeFact):
    """The provider has taken the disputed money back."""

    kind = "dispute_withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeFeeReported(DisputeFact):
    """The provider charges a fee for a dispute."""

    kind = "dispute_fee"
    psp_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeWinReported(DisputeFact):
    """We have won a dispute."""

    kind = "dispute_won"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeLossReported(DisputeFact):
    """We have lost a dispute. `reason` is given if the provider repeats it: its opening may not be reported yet."""

    kind = "dispute_lost"
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderPayoutFailureReported(ProviderFact):
    """The provider's payout to our bank has failed. People decide what to do."""

    kind = "payout_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherReported(ProviderFact):
    """A message about no order's money, kept for the record. Nobody has to act."""

    kind = "other"


PROVIDER_FACTS: Mapping[str, type[ProviderFact]] = {
    each.kind: each
    for each in (
        AuthorisationReported,
        CaptureReported,
        PaymentFailureReported,
        VoidReported,
        ExpiryReported,
        RefundReported,
        DisputeOpeningReported,
        DisputeWithdrawalReported,
        DisputeFeeReported,
        DisputeWinReported,
        DisputeLossReported,
        ProviderPayoutFailureReported,
        OtherReported,
    )
}
