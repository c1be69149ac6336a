"""Numbers from outside: ASCII digits, a point and a minus sign; no exponent, underscore or space."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ledger.limits import LARGEST_COUNT, LARGEST_NUMBER, LARGEST_QUANTITY

_WHOLE = re.compile(r"-?[0-9]{1,16}")
_DECIMAL = re.compile(r"-?[0-9]{1,16}([.][0-9]{1,18})?")
_GROUPED = re.compile(r"-?[0-9]{1,3}(,[0-9]{3}){1,5}([.][0-9]{1,18})?")


def read_whole(text: str) -> int:
    """Returns a whole number from outside text. Raises ValueError."""
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a whole number such as 12")
    return int(text)


def read_decimal(text: str) -> Decimal:
    """Returns a decimal number from outside text. Raises ValueError."""
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a number such as 69.44")
    return Decimal(text)


def ungrouped(text: str) -> str:
    """Returns a number without the commas between its groups of three digits. Other texts are returned unchanged."""
    return text.replace(",", "") if _GROUPED.fullmatch(text) else text


def _written_whole(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        return read_whole(value)
    raise ValueError("write a whole number in digits, such as 12")


_Whole = Annotated[int, BeforeValidator(_written_whole)]
Position = Annotated[_Whole, Field(ge=0, le=LARGEST_NUMBER)]
Count = Annotated[_Whole, Field(ge=0, le=LARGEST_COUNT)]
Quantity = Annotated[_Whole, Field(ge=1, le=LARGEST_QUANTITY)]
# A sum of quantities, or a stored quantity. The limit of one quantity does not apply: it may have been higher before.
Units = Annotated[_Whole, Field(ge=1, le=LARGEST_NUMBER)]
