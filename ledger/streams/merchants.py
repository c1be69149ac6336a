"""What is remembered of a merchant: enrolment, markets, payout accounts, switches."""

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
    """What a merchant is enrolled for, or asks to be."""

    country: str
    markets: tuple[str, ...]
    terms_version: str


@dataclass(slots=True)
class PayoutAccount:
    """A bank account by its token; only a verified one that is not disabled is paid to."""

    ref: str
    bank_code: str
    country: str
    currency: str
    registered_by: Actor
    verified_at: datetime | None = None  # when it was checked; None while another account is the checked one
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
        self.asked: Terms | None = None  # what waits for the platform's yes
        self.accounts: dict[str, PayoutAccount] = {}
        self.express_refund = Switch()
        self.auto_export = Switch()

    @property
    def is_enrolled(self) -> bool:
        """Whether the merchant takes new orders: enrolled, and neither suspended nor withdrawn."""
        return self.enrolment == "enrolled"

    @property
    def payout_account(self) -> PayoutAccount | None:
        """Where the merchant is paid; None while no account is verified."""
        return next((account for account in self.accounts.values() if account.is_payable), None)

    def sells_in(self, market: str) -> bool:
        """Whether the merchant takes new orders from `market`."""
        return self.is_enrolled and market in self.terms.markets

    def express_refund_at(self, instant: datetime) -> bool:
        """The Express Refund switch as it stood at `instant`: a request goes by its own (programme, statement 26)."""
        return self.express_refund.at(instant)

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Change what is remembered."""

    @evolve.register
    def _(self, event: MerchantEnrolmentRequested) -> None:
        """An enrolled merchant that asks for something else goes on selling as it is enrolled."""
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
