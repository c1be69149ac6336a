"""Commands of random histories, tried with other currencies, amounts and rates than they have: none fails.

A fault of this sort needs two things at once that no history has, such as a fee without a rate beside a net amount in
another currency. REDLEDGER_TEST_SEED chooses other histories.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel, ValidationError

from commands.command import Command
from ledger.fx import Rate
from ledger.money import Money
from tests.fuzz.history import START, History, Tally, ready, submit
from tests.fuzz.values import ENVELOPE
from tests.support.memory_ledger import MemoryDesk

SEED = int(os.environ.get("REDLEDGER_TEST_SEED", "1"))
FEW, MANY = 4, 200  # histories
COMMANDS, TRIALS = 400, 16  # of a history; of a command with an amount
CURRENCIES = ("CNY", "USD", "HKD", "JPY")
Path = tuple[str | int, ...]


def places_in(value: Any, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The amounts, the rates, and the choices of words in a value, each with its place."""
    if isinstance(value, Money | Rate):
        yield at, value
    elif isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            if get_origin(info.annotation) is Literal and name not in ENVELOPE:
                yield (*at, name), get_args(info.annotation)
        yield from places_in(fields_of(value), at)
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from places_in(part, (*at, name))
    elif isinstance(value, tuple):
        for number, part in enumerate(value):
            yield from places_in(part, (*at, number))


def fields_of(model: BaseModel) -> dict[str, Any]:
    return {name: getattr(model, name) for name in type(model).model_fields if name not in ENVELOPE}


def replaced(value: Any, at: Path, new: Any) -> Any:
    """The value with something else at the place; each model on the way becomes its fields, to be checked again."""
    if not at:
        return new
    first, *rest = at
    if isinstance(value, tuple):
        return tuple(replaced(part, tuple(rest), new) if n == first else part for n, part in enumerate(value))
    parts, name = fields_of(value) if isinstance(value, BaseModel) else value, str(first)
    return {**parts, name: replaced(parts[name], tuple(rest), new)}


def another(random: Random, value: Any) -> Any:
    """Another amount, rate or word than the value, or none."""
    if isinstance(value, Money):
        minor = random.choice((value.minor, value.minor, value.minor, 0, -value.minor, 1))
        return Money(minor, random.choice(CURRENCIES))
    if isinstance(value, Rate):
        base = random.choice(CURRENCIES)
        return random.choice((None, Rate(base, value.quote, value.value, value.kind, value.source, value.as_of)))
    return random.choice(value)


def altered(random: Random, command: Command, places: Sequence[tuple[Path, Any]]) -> Command | None:
    """The command with one to three things changed; None if its model does not take them, as at every entrance."""
    data: Any = fields_of(command)
    for at, value in random.sample(places, min(len(places), random.choice((1, 2, 2, 3)))):
        data = replaced(data, at, another(random, value))
    envelope = {name: getattr(command, name) for name in ENVELOPE} | {"id": f"{command.id}-altered"}
    try:
        return type(command).model_validate(envelope | data)
    except ValidationError:
        return None


def tried(seed: str) -> Counter[str]:
    """Lives a history, and tries each command with an amount in many forms before it is submitted again. Returns the
    number of trials by outcome."""
    random, counts = Random(seed), Counter[str]()
    lived = History(MemoryDesk(START), random, Tally())
    lived.live(COMMANDS)
    lived.desk.bus.close()
    desk = MemoryDesk(START)
    ready(desk)
    for asked in lived.asked:
        desk.clock.now = asked.at
        for command in asked.commands:
            places = list(places_in(command))
            for _ in range(TRIALS if any(isinstance(value, Money) for _, value in places) else 0):
                if other := altered(random, command, places):
                    outcome = desk.bus.trial(other).outcome
                    assert outcome.status != "fault", f"seed {seed}: {outcome.sentence}\n{other!r}"
                    counts[outcome.status] += 1
        submit(desk, asked)
    desk.bus.close()
    return counts


def tried_in(histories: int) -> str:
    """Returns a sentence on so many histories. Fails if one of their commands failed, or none was taken."""
    counts = sum((tried(f"{SEED}/{number}") for number in range(histories)), Counter[str]())
    assert min(counts["recorded"], counts["refused"]) > 100 * histories, counts
    return f"{counts.total():,} commands with other money, seed {SEED}: {dict(counts)}"


@pytest.mark.slow
def test_no_command_fails_for_other_currencies_amounts_or_rates(
    record_property: Callable[[str, object], None],
) -> None:
    record_property("reported", tried_in(FEW))


@pytest.mark.histories
def test_no_command_of_many_histories_fails_for_other_currencies_amounts_or_rates(
    record_property: Callable[[str, object], None],
) -> None:
    record_property("reported", tried_in(MANY))
