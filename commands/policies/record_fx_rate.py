"""Recording an exchange rate that a source gave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import StringConstraints, model_validator

from commands.command import Command
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.platform import FxRateRecorded
from ledger.fx import Rate, check_rate
from ledger.ids import fx_stream
from ledger.instants import Day
from ledger.streams.reference_data import RateHistory
from ledger.validation_messages import InWords

Pair = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}/[A-Z]{3}$"), InWords("two currencies such as USD/CNY")]
Decimals = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{1,12}(\.[0-9]{1,12})?$"),
    InWords("a number such as 7.18, of at most 12 digits before and after the point"),
]


class RecordFxRate(Command, name="record_fx_rate"):
    """Records units of the second currency for one of the first: `USD/CNY` at `"7.1800"`, never a float.

    A rate recorded again with another value replaces the first for decisions made from then on.
    """

    pair: Pair
    rate: Decimals
    kind: Literal["reference", "book"]
    provider: str
    as_of: Day

    @model_validator(mode="after")
    def _is_a_rate(self) -> Self:
        check_rate(self.as_rate())
        return self

    def as_rate(self) -> Rate:
        base, _, quote = self.pair.partition("/")
        return Rate(base=base, quote=quote, value=self.rate, kind=self.kind, source=self.provider, as_of=self.as_of)

    @property
    def stream(self) -> str:
        return fx_stream(self.pair)


def decide(command: RecordFxRate, history: RateHistory, rules: Rules) -> Iterator[Event]:
    if history.values.get((command.kind, command.as_of)) != command.rate:
        yield FxRateRecorded(rate=command.as_rate())
