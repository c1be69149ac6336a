"""Stops payouts to an account."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import Reason
from commands.merchants.merchant_command import MerchantCommand
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.merchants import PayoutAccountDisabled
from ledger.ids import Id
from ledger.refusals.catalogue import PayoutAccountUnknown
from ledger.streams.merchants import Merchant


class DisablePayoutAccount(MerchantCommand, name="disable_payout_account"):
    """Stops payouts to an account. To use it again, register and verify it again.

    Refused if the account is unknown.
    """

    account_ref: Id
    reason: Reason


def decide(command: DisablePayoutAccount, merchant: Merchant, rules: Rules) -> Iterator[Event]:
    account = merchant.accounts.get(command.account_ref)
    if account is None:
        raise PayoutAccountUnknown(merchant_id=command.merchant_id, account_ref=command.account_ref)
    if account.disabled:
        return
    yield PayoutAccountDisabled(
        merchant_id=command.merchant_id,
        account_ref=account.ref,
        bank_code=account.bank_code,
        country=account.country,
        currency=account.currency,
        reason=command.reason,
        disabled_at=command.decided_at,
    )
