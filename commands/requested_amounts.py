"""What a request may name: an amount in the currency of what it is of, and no more than is left of that."""

from __future__ import annotations

from ledger.money import Money
from ledger.refusals.catalogue import RefundExceedsRemaining, WrongCurrency


def expect_currency(amount: Money, currency: str, *, what: str) -> None:
    """Raises `WrongCurrency`."""
    if amount.currency != currency:
        raise WrongCurrency(what=what, amount=str(amount), expected=currency)


def expect_within(asked: Money | None, left: Money, *, what: str) -> Money:
    """The amount that is given back: what is asked, or else all that is left. Raises `WrongCurrency` or
    `RefundExceedsRemaining`."""
    amount = left if asked is None else asked
    expect_currency(amount, left.currency, what=what)
    if amount.minor <= 0 or left < amount:
        raise RefundExceedsRemaining(what=what, asked=str(asked or "all"), remaining=str(left))
    return amount
