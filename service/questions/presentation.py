"""The one form of values in JSON answers, for the command line and HTTP.

Money is `{"amount": "342.00", "currency": "CNY"}`: a decimal text needs no table of exponents (JPY has none, KWD has
three) and survives programs that read numbers as binary floats, which lose digits beyond 2**53. ISO 20022 writes it so,
and commands accept the same form. Instants are ISO 8601 in UTC with `Z`; days are plain. Statements are not made here:
they are issued byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ledger.deadlines import in_zone
from ledger.money import Money

STORED_MONEY = {"currency", "minor"}  # the fields of money in the log's own JSON
_DURATION = TypeAdapter(timedelta)


class MoneyText(BaseModel):
    """An amount in major units as a decimal text, with as many decimals as its ISO 4217 currency has."""

    model_config = ConfigDict(extra="forbid")

    amount: str = Field(json_schema_extra={"pattern": r"^-?[0-9]+(\.[0-9]+)?$"}, examples=["342.00"])
    currency: str = Field(json_schema_extra={"pattern": "^[A-Z]{3}$"}, examples=["CNY"])


_PLAIN = frozenset({str, int, bool, type(None)})
Links = Callable[[Any], Mapping[str, str] | None]


def _no_links(_: Any) -> None:
    return None


def presented(value: Any, links: Links = _no_links) -> Any:
    """Returns the value as JSON types: objects by their fields, money and times in their one form. `links` returns the
    links of an object, or None if its class has none."""
    if type(value) in _PLAIN:  # most values by far
        return value
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
    return _composed(value, links)


def _composed(value: Any, links: Links) -> Any:
    match value:
        case Mapping() if value.keys() == STORED_MONEY and type(value["minor"]) is int:
            return presented(Money(value["minor"], value["currency"]))
        case Mapping():
            return {str(name): presented(each, links) for name, each in value.items()}
        case set() | frozenset():
            return sorted(map(presented, value))
        case BaseModel():
            return _object(value, type(value).model_fields, links)
    if is_dataclass(value):
        return _object(value, [each.name for each in fields(value)], links)
    return [presented(each, links) for each in value] if isinstance(value, Iterable) else str(value)


def _object(value: Any, names: Iterable[str], links: Links) -> dict[str, Any]:
    found = {name: presented(getattr(value, name), links) for name in names}
    own = links(value)
    return found if own is None else found | {"links": dict(own)}


def instant_in_utc(instant: datetime) -> str:
    """Returns an aware instant as ISO 8601 in UTC with `Z`, with as many digits of a second as it has."""
    return in_zone(instant, UTC).isoformat().replace("+00:00", "Z")
