"""How people name parts of an order: units by line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from ledger.ids import Id
from ledger.numbers import Quantity


class LineQty(BaseModel):
    """Some units of a line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line_id: Id
    qty: Quantity


def _each_once(lines: Iterable[LineQty]) -> tuple[LineQty, ...]:
    named = tuple(lines)
    if not named or len({line.line_id for line in named}) != len(named):
        raise ValueError("name at least one line, and each line once")
    return named


LineQtys = Annotated[tuple[LineQty, ...], AfterValidator(_each_once)]
