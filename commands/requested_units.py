"""Quantities by line, as people request parts of an order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Protocol, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ledger.events.parcels import ParcelItem
from ledger.ids import Id
from ledger.limits import LARGEST_QUANTITY
from ledger.numbers import Units


class LineQty(BaseModel):
    """A number of units of one line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line_id: Id
    qty: Units


class _Counted(Protocol):
    """An item with a quantity."""

    @property
    def qty(self) -> int: ...


C = TypeVar("C", bound=_Counted)


def bounded(lines: tuple[C, ...]) -> tuple[C, ...]:
    """Returns the lines. Raises ValueError for a quantity above the limit of one line."""
    for line in lines:
        if line.qty > LARGEST_QUANTITY:
            raise ValueError(f"a quantity is at most {LARGEST_QUANTITY:,}")
    return lines


def _each_once(lines: Iterable[LineQty]) -> tuple[LineQty, ...]:
    named = bounded(tuple(lines))
    if not named or len({line.line_id for line in named}) != len(named):
        raise ValueError("name at least one line, and each line once")
    return named


LineQtys = Annotated[tuple[LineQty, ...], AfterValidator(_each_once)]
PackedItems = Annotated[tuple[ParcelItem, ...], Field(min_length=1), AfterValidator(bounded)]
PackedItemsOrNone = Annotated[tuple[ParcelItem, ...], AfterValidator(bounded)]
