"""The amount of a break: the difference between the two amounts that its texts name."""

from __future__ import annotations

import re

from ledger.money import Money

_MONEY = re.compile(r"\b([A-Z]{3}) (-?[0-9][0-9,]*(?:\.[0-9]+)?)(?![0-9.])")


def amount_of(expected: str, actual: str) -> Money | None:
    """Returns actual minus expected. A text without an amount counts as zero of the other's currency.

    Returns None if no text names an amount, if one names several, or if their currencies differ.
    """
    ours, theirs = _amounts_in(expected), _amounts_in(actual)
    if len(ours) > 1 or len(theirs) > 1 or not (ours or theirs):
        return None
    currency = (*theirs, *ours)[0].currency
    zero = Money.zero(currency)
    before, after = (*ours, zero)[0], (*theirs, zero)[0]
    return after - before if before.currency == after.currency else None


def _amounts_in(words: str) -> list[Money]:
    found = []
    for currency, number in _MONEY.findall(words):
        try:
            found.append(Money.of(number.replace(",", ""), currency))
        except ValueError:  # three capitals and a number that are no amount of ours
            continue
    return found
