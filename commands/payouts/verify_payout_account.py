"""Letting payouts go to an account a merchant has named."""

from __future__ import annotations

from collections.abc import Iterator

from commands.authority import another_actor
from commands.merchants.merchant_command import MerchantCommand
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.merchants import PayoutAccountVerified
from ledger.fx import CNY
from ledger.ids import Id
from ledger.refusals.catalogue import MerchantCurrencyNotCny, PayoutAccountNotDomestic, PayoutAccountUnknown
from ledger.streams.merchants import Merchant

_DOMESTIC = "CN"


class VerifyPayoutAccount(MerchantCommand, name="verify_payout_account"):
    """Somebody at the platform has checked the account: payouts go to it from here on, and to no other."""

    account_ref: Id


def decide(command: VerifyPayoutAccount, merchant: Merchant, rules: Rules) -> Iterator[Event]:
    account = merchant.accounts.get(command.account_ref)
    if account is None or account.disabled:
        raise PayoutAccountUnknown(merchant_id=command.merchant_id, account_ref=command.account_ref)
    if account.verified:
        return
    if account.country != _DOMESTIC:
        raise PayoutAccountNotDomestic(account_ref=account.ref, country=account.country)
    if account.currency != CNY:
        raise MerchantCurrencyNotCny(currency=account.currency)
    another_actor(account.registered_by, command.actor)
    yield PayoutAccountVerified(
        merchant_id=command.merchant_id,
        account_ref=account.ref,
        bank_code=account.bank_code,
        country=account.country,
        currency=account.currency,
        verifier=command.actor,
        verified_at=command.decided_at,
    )
