"""Paying a merchant what is available."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.fields import PositiveMoney
from commands.payouts.merchant_money import owed
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.settlement import PayoutInitiated
from ledger.fx import CNY
from ledger.ids import Id, PayoutId, account_guard, merchant_stream, payouts_stream
from ledger.money import Money
from ledger.policies.payout_terms import PayoutTerms
from ledger.refusals.catalogue import (
    InsufficientAvailable,
    MerchantCurrencyNotCny,
    PayoutAccountNotVerified,
    PayoutBelowMinimum,
    PayoutIdTaken,
    PayoutInFlight,
)
from ledger.streams.merchants import PayoutAccount
from ledger.streams.payouts import Payouts


class InitiatePayout(Command, name="initiate_payout"):
    """The merchant is to be paid `amount`, or all that is available, to its verified account.

    What open cases and disputes may still take stays available and is not paid out; held money is not available.
    `at_most` and `run_id` are for settlement runs: what was available at their cut-off, or less where less is left of
    it, and the run that asks.
    """

    merchant_id: Id
    payout_id: PayoutId
    amount: PositiveMoney | None = None
    at_most: PositiveMoney | None = None
    run_id: Id | None = None

    @property
    def stream(self) -> str:
        return payouts_stream(self.merchant_id)

    @property
    def reads(self) -> tuple[str, ...]:
        return (merchant_stream(self.merchant_id), account_guard(self.merchant_id))


def decide(command: InitiatePayout, payouts: Payouts, rules: Rules) -> Iterator[Event]:
    account = _payable_account(command, payouts, rules)
    _check_alone(command, payouts)
    yield PayoutInitiated(
        payout_id=command.payout_id,
        merchant_id=command.merchant_id,
        amount=_amount(command, rules),
        account_ref=account.ref,
        account_verified_at=account.verified_at,
        initiated_at=command.decided_at,
        run_id=command.run_id,
    )


def _payable_account(command: InitiatePayout, payouts: Payouts, rules: Rules) -> PayoutAccount:
    account = rules.merchant(command.merchant_id).payout_account
    if account is None:
        raise PayoutAccountNotVerified(merchant_id=command.merchant_id)
    if payouts.has_bounced(account):
        raise PayoutAccountNotVerified(merchant_id=command.merchant_id, account_ref=account.ref)
    return account


def _check_alone(command: InitiatePayout, payouts: Payouts) -> None:
    if taken := payouts.payouts.get(command.payout_id):
        raise PayoutIdTaken(payout_id=taken.id, state=taken.state)
    if other := payouts.in_flight:
        raise PayoutInFlight(payout_id=other.id, amount=str(other.amount))


def _amount(command: InitiatePayout, rules: Rules) -> Money:
    for given in (command.amount, command.at_most):
        if given and given.currency != CNY:
            raise MerchantCurrencyNotCny(currency=given.currency)
    terms = rules.policy(PayoutTerms)
    account = rules.account(command.merchant_id)
    in_open_cases, there = account.in_open_cases, account.available
    available = terms.payable(there - in_open_cases)
    amount = command.amount or min(available, command.at_most or available)
    if not available or available < amount:
        reserve = max(there - in_open_cases, Money.zero(CNY)) - available
        raise InsufficientAvailable(
            what="payout",
            asked=str(command.amount or command.at_most or "all"),
            available=str(available),
            **owed(there),
            in_open_cases=str(in_open_cases) if in_open_cases else None,
            reserve=str(reserve) if reserve else None,
        )
    if amount < terms.minimum:
        raise PayoutBelowMinimum(asked=str(amount), minimum=str(terms.minimum))
    return amount
