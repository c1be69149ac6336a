"""The stream of a merchant: enrolment, markets, payout accounts and settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import singledispatchmethod
from typing import Any, Literal, NamedTuple

from ledger.actors import Actor
from ledger.events.merchants import (
    AutoExportDisabled,
    AutoExportEnabled,
    ExpressRefundDisabled,
    ExpressRefundEnabled,
    MerchantEnrolled,
    MerchantEnrolmentRejected,
    MerchantEnrolmentRequested,
    MerchantReinstated,
    MerchantSuspended,
    MerchantWithdrawn,
    PayoutAccountDisabled,
    PayoutAccountRegistered,
    PayoutAccountVerified,
)
from ledger.streams.stream import Stream
from ledger.streams.switch import Switch

Enrolment = Literal["unknown", "requested", "enrolled", "rejected", "suspended", "withdrawn"]


class Terms(NamedTuple):
    """The terms of an enrolment, or of a request to enrol."""

    country: str
    markets: tuple[str, ...]
    terms_version: str


@dataclass(slots=True)
class PayoutAccount:
    """A bank account, by its token. Only a verified account that is not disabled is paid."""

    ref: str
    bank_code: str
    country: str
    currency: str
    registered_by: Actor
    verified_at: datetime | None = None  # None while another account is the verified one
    disabled: bool = False

    @property
    def verified(self) -> bool:
        return self.verified_at is not None

    @property
    def is_payable(self) -> bool:
        return self.verified and not self.disabled


class Merchant(Stream):
    """The stream `merchant/<merchant>`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.enrolment: Enrolment = "unknown"
        self.terms = Terms("", (), "")
        self.asked: Terms | None = None  # a request that the platform has not answered
        self.accounts: dict[str, PayoutAccount] = {}
        self.express_refund = Switch()
        self.auto_export = Switch()

    @property
    def is_enrolled(self) -> bool:
        """True if the merchant takes new orders: enrolled, not suspended and not withdrawn."""
        return self.enrolment == "enrolled"

    @property
    def payout_account(self) -> PayoutAccount | None:
        """The account that payouts go to, or None if no account is verified."""
        return next((account for account in self.accounts.values() if account.is_payable), None)

    def sells_in(self, market: str) -> bool:
        """True if the merchant takes new orders from `market` (ISO 3166-1 alpha-2)."""
        return self.is_enrolled and market in self.terms.markets

    def express_refund_at(self, instant: datetime) -> bool:
        """Returns the Express Refund setting at `instant`, the instant of a request (programme, statement 26)."""
        return self.express_refund.at(instant)

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state."""

    @evolve.register
    def _(self, event: MerchantEnrolmentRequested) -> None:
        """An enrolled merchant stays enrolled on its present terms while its new request is open."""
        self.enrolment = "enrolled" if self.is_enrolled else "requested"
        self.asked = Terms(event.country, event.markets, event.terms_version)

    @evolve.register
    def _(self, event: MerchantEnrolled) -> None:
        self.enrolment, self.asked = "enrolled", None
        self.terms = Terms(event.country, event.markets, event.terms_version)

    @evolve.register
    def _(self, event: MerchantEnrolmentRejected) -> None:
        self.enrolment, self.asked = "enrolled" if self.is_enrolled else "rejected", None

    @evolve.register
    def _(self, event: MerchantSuspended) -> None:
        self.enrolment = "suspended"

    @evolve.register
    def _(self, event: MerchantReinstated) -> None:
        self.enrolment = "enrolled"

    @evolve.register
    def _(self, event: MerchantWithdrawn) -> None:
        self.enrolment, self.asked = "withdrawn", None

    @evolve.register
    def _(self, event: PayoutAccountRegistered) -> None:
        self.accounts[event.account_ref] = PayoutAccount(
            ref=event.account_ref,
            bank_code=event.bank_code,
            country=event.country,
            currency=event.currency,
            registered_by=event.registered_by,
        )

    @evolve.register
    def _(self, event: PayoutAccountVerified) -> None:
        for account in self.accounts.values():
            account.verified_at = event.verified_at if account.ref == event.account_ref else None

    @evolve.register
    def _(self, event: PayoutAccountDisabled) -> None:
        self.accounts[event.account_ref].disabled = True

    @evolve.register
    def _(self, event: ExpressRefundEnabled) -> None:
        self.express_refund.turn(True, event.effective_at)

    @evolve.register
    def _(self, event: ExpressRefundDisabled) -> None:
        self.express_refund.turn(False, event.effective_at)

    @evolve.register
    def _(self, event: AutoExportEnabled) -> None:
        self.auto_export.turn(True, event.effective_at)

    @evolve.register
    def _(self, event: AutoExportDisabled) -> None:
        self.auto_export.turn(False, event.effective_at)
