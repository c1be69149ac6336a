"""Stops payouts to an account."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.fields import Reason
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.merchants import PayoutAccountDisabled
from ledger.ids import Id, merchant_stream
from ledger.refusals.catalogue import PayoutAccountUnknown
from ledger.streams.merchants import Merchant


class DisablePayoutAccount(Command, name="disable_payout_account"):
    """Stops payouts to an account. To use it again, register and verify it again.

    Refused if the account is unknown.
    """

    merchant_id: Id
    account_ref: Id
    reason: Reason

    @property
    def stream(self) -> str:
        return merchant_stream(self.merchant_id)


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
