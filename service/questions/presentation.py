"""The one form of values in JSON answers, for the command line and HTTP.

Money is `{"amount": "342.00", "currency": "CNY"}`: a decimal text needs no table of exponents (JPY has none, KWD has
three) and survives programs that read numbers as binary floats, which lose digits beyond 2**53. ISO 20022 writes it so,
and commands accept the same form. Instants are ISO 8601 in UTC with `Z`; days are plain. Statements are not made here:
they are issued byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ledger.deadlines import in_zone
from ledger.money import Money

_STORED_MONEY = {"currency", "minor"}  # the fields of money in the log's own JSON
_DURATION = TypeAdapter(timedelta)


class MoneyText(BaseModel):
    """An amount in major units as a decimal text, with as many decimals as its ISO 4217 currency has."""

    model_config = ConfigDict(extra="forbid")

    amount: str = Field(json_schema_extra={"pattern": r"^-?[0-9]+(\.[0-9]+)?$"}, examples=["342.00"])
    currency: str = Field(json_schema_extra={"pattern": "^[A-Z]{3}$"}, examples=["CNY"])


def presented(value: Any) -> Any:
    """Returns the value as JSON types: objects by their fields, money and times in their one form."""
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | str():
            return value
        case Money():
            return {"amount": f"{value.decimal:f}", "currency": value.currency}
        case datetime():
            return instant_in_utc(value)
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case timedelta():
            return _DURATION.dump_python(value, mode="json")
    return _composed(value)


def _composed(value: Any) -> Any:
    match value:
        case Mapping() if value.keys() == _STORED_MONEY and type(value["minor"]) is int:
            return presented(Money(value["minor"], value["currency"]))
        case Mapping():
            return {str(name): presented(each) for name, each in value.items()}
        case set() | frozenset():
            return sorted(map(presented, value))
        case BaseModel():
            return {name: presented(getattr(value, name)) for name in type(value).model_fields}
    if is_dataclass(value):
        return {each.name: presented(getattr(value, each.name)) for each in fields(value)}
    return [presented(each) for each in value] if isinstance(value, Iterable) else str(value)


def instant_in_utc(instant: datetime) -> str:
    """Returns an aware instant as ISO 8601 in UTC with `Z`, with as many digits of a second as it has."""
    return in_zone(instant, UTC).isoformat().replace("+00:00", "Z")
