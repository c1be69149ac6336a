"""Reads the values that payment providers' messages share: amounts, times, and the order that metadata name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ledger.currencies import all_currencies, exponent_of
from ledger.ids import is_id
from ledger.limits import LARGEST_AMOUNT
from ledger.money import Money
from service.formats.refused_bodies import PayloadNotUnderstood


class Unreadable(PayloadNotUnderstood, ValueError):
    """The message does not follow its provider's documentation. The text is the reason."""


def instant_or_none(read: Callable[[Any], datetime], reported: Any) -> datetime | None:
    """Returns the instant that a provider gives; None if it is not a valid time."""
    try:
        return read(reported)
    except ValueError:
        return None


def order_named(merchant_id: Any, order_id: Any) -> tuple[str, str] | None:
    """Returns the merchant and order that a message names; None unless both are valid ids."""
    return (merchant_id, order_id) if is_id(merchant_id) and is_id(order_id) else None


def amount_of(minor: Any, currency: Any, digits: Mapping[str, int] = {}) -> Money:
    """Returns a provider's amount, which is above zero. `digits` are the decimals of currencies that the provider
    counts differently from ISO 4217. Raises `Unreadable`.
    """
    code = currency.upper() if isinstance(currency, str) else ""
    if not isinstance(minor, int) or isinstance(minor, bool) or minor <= 0 or code not in all_currencies():
        raise Unreadable(f"{str(minor)[:40]!r} {str(currency)[:40]!r} is not an amount")
    shift = exponent_of(code) - digits.get(code, exponent_of(code))
    whole, rest = divmod(minor, 10**-shift) if shift < 0 else (minor * 10**shift, 0)
    if whole > LARGEST_AMOUNT:
        raise Unreadable(f"{str(minor)[:40]} {currency!r} is more than the largest amount")
    if rest:
        raise Unreadable(f"{minor!r} {currency!r} is not a whole number of minor units of {code}")
    return Money(whole, code)
