"""Checks on requested amounts: the right currency, and no more than the rest."""

from __future__ import annotations

from ledger.money import Money
from ledger.refusals.catalogue import RefundExceedsRemaining, WrongCurrency


def expect_currency(amount: Money, currency: str, *, what: str) -> None:
    """Raises `WrongCurrency` if the amount is in another currency."""
    if amount.currency != currency:
        raise WrongCurrency(what=what, amount=str(amount), expected=currency)


def expect_within(asked: Money | None, left: Money, *, what: str) -> Money:
    """Returns the requested amount, or all that is left if none is given.

    Raises `WrongCurrency` or `RefundExceedsRemaining`.
    """
    amount = left if asked is None else asked
    expect_currency(amount, left.currency, what=what)
    if amount.minor <= 0 or left < amount:
        raise RefundExceedsRemaining(what=what, asked=str(asked or "all"), remaining=str(left))
    return amount
