"""Types of values that several commands take."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from ledger.ids import CodeWord
from ledger.limits import LONGEST_WORDS
from ledger.money import Money
from ledger.references import Number
from ledger.validation_messages import InWords


def _positive(amount: Money) -> Money:
    if amount.minor <= 0:
        raise ValueError("the amount must be more than zero")
    return amount


def _as_much_as_is_kept(words: str) -> str:
    return words[:LONGEST_WORDS]


PositiveMoney = Annotated[Money, AfterValidator(_positive)]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), InWords("an ISO 3166-1 code such as CN")]
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), InWords("an ISO 4217 code such as CNY")]
# The part of BCP 47 that buyers need: a language, an optional script, and a region.
LocaleTag = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$"),
    InWords("a language tag such as en-US or zh-Hans-CN"),
]
Reason = CodeWord  # a code word; free text belongs in a sealed note
Sha256 = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{64}$"), InWords("a SHA-256 digest of 64 hexadecimal digits")
]
TrackingNo = Number
RawText = Annotated[str, AfterValidator(_as_much_as_is_kept)]  # the partner's text, cut at the greatest stored length
