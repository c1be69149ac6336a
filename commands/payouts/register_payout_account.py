"""Registers a bank account for payouts to a merchant."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import CountryCode, CurrencyCode
from commands.merchants.merchant_command import MerchantCommand
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.merchants import PayoutAccountRegistered
from ledger.ids import Id
from ledger.refusals.catalogue import MerchantNotEnrolled
from ledger.streams.merchants import Merchant


class RegisterPayoutAccount(MerchantCommand, name="register_payout_account"):
    """Registers a bank account by its token. Payouts use the old account until the new one is verified.

    Refused if the merchant is not in the programme.
    """

    account_ref: Id
    bank_code: Id
    country: CountryCode = "CN"
    currency: CurrencyCode = "CNY"


def decide(command: RegisterPayoutAccount, merchant: Merchant, rules: Rules) -> Iterator[Event]:
    if not merchant.exists:
        raise MerchantNotEnrolled(merchant_id=command.merchant_id, state=merchant.enrolment)
    known = merchant.accounts.get(command.account_ref)
    details = (command.bank_code, command.country, command.currency)
    if known and not known.disabled and details == (known.bank_code, known.country, known.currency):
        return
    yield PayoutAccountRegistered(
        merchant_id=command.merchant_id,
        account_ref=command.account_ref,
        bank_code=command.bank_code,
        country=command.country,
        currency=command.currency,
        registered_by=command.actor,
        registered_at=command.decided_at,
    )
