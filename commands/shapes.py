"""The shapes of values that several commands take."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from ledger.ids import Id
from ledger.limits import LONGEST_WORDS
from ledger.money import Money
from ledger.references import Number


def _positive(amount: Money) -> Money:
    if amount.minor <= 0:
        raise ValueError("the amount must be more than nothing")
    return amount


def _as_much_as_is_kept(words: str) -> str:
    return words[:LONGEST_WORDS]


PositiveMoney = Annotated[Money, AfterValidator(_positive)]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]  # ISO 3166-1 alpha-2
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]  # ISO 4217
# BCP 47 as far as buyers need it: a language, where it matters a script, and a region.
LocaleTag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$")]
Reason = Id  # one code word; what a person writes goes into a sealed note
TrackingNo = Number
RawText = Annotated[str, AfterValidator(_as_much_as_is_kept)]  # a partner's own words, kept as they came
