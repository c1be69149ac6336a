"""Random commands of the whole menu on a ledger in memory: each comes to an outcome, and every one is recorded.

REDLEDGER_TEST_SEED chooses other histories, REDLEDGER_TEST_COMMANDS how many commands each seed asks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from random import Random

import pytest

from commands.menu import MENU
from tests.fuzz.history import START, History, Raised, SubmittedTogether, Tally, asked_again
from tests.fuzz.invariants import check
from tests.fuzz.shortest import shortest, written
from tests.support.memory_ledger import MemoryDesk

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("REDLEDGER_TEST_SEED", "20250430"))
FEW, MANY = 6_000, int(os.environ.get("REDLEDGER_TEST_COMMANDS", "60000"))
_A_HISTORY = 400  # commands
OF_FOUNDING = {"adopt_policy"}  # recorded before the history begins, and only for a policy that nobody has published
_FOR_ONE_MORE = 3_000  # commands of a run for which every command is recorded once more


def live(seed: str, commands: int) -> Tally:
    """As many histories as come to so many commands; what their commands came to."""
    tally = Tally()
    for n in range(max(1, commands // _A_HISTORY)):
        desk = MemoryDesk(START)
        history = History(desk, Random(f"{seed}/{n}"), tally)
        try:
            history.live(_A_HISTORY)
            check(desk)
        except (Raised, AssertionError) as failure:
            lines = written(shortest(history.asked, partial(fails, type(failure))))
            pytest.fail(f"seed {seed}, history {n}: {failure}\n{lines}", pytrace=False)
        finally:
            desk.bus.close()
    return tally


def fails(failed: type[Exception], asked: Sequence[SubmittedTogether]) -> bool:
    """Returns True if these commands fail in the same way on a new ledger."""
    desk = MemoryDesk(START)
    try:
        asked_again(desk, asked)
        check(desk)
    except failed:
        return True
    except Exception:
        return False
    finally:
        desk.bus.close()
    return False


def every_command_was_recorded(tally: Tally, commands: int, seed: str) -> str:
    least = min(MENU.keys() - OF_FOUNDING, key=lambda name: tally.recorded[name])
    enough = commands // _FOR_ONE_MORE
    assert tally.recorded[least] >= enough, f"seed {seed}: {least} was recorded too seldom\n{tally.table()}"
    asked = sum(tally.asked.values())
    return f"{asked:,} commands, seed {seed}; none was recorded less often than {least}, {tally.recorded[least]} times"


def test_every_command_comes_to_an_outcome_in_any_state(record_property: Callable[[str, object], None]) -> None:
    record_property("reported", every_command_was_recorded(live(str(SEED), FEW), FEW, str(SEED)))


@pytest.mark.histories
@pytest.mark.parametrize("part", range(6))
def test_every_command_comes_to_an_outcome_in_hundreds_of_thousands(
    part: int, record_property: Callable[[str, object], None]
) -> None:
    seed = str(SEED + 1 + part)
    tally = live(seed, MANY)
    record_property("reported", f"{every_command_was_recorded(tally, MANY, seed)}\n{tally.table()}")


def test_a_history_is_the_same_whenever_it_is_lived() -> None:
    lived = []
    for _ in range(2):
        desk = MemoryDesk(START)
        history = History(desk, Random(SEED), Tally())
        history.live(200)
        lived.append(written(history.asked))
        desk.bus.close()
    assert lived[0] == lived[1]


def test_a_failure_is_shown_by_its_shortest_part() -> None:
    desk = MemoryDesk(START)
    history = History(desk, Random(SEED), Tally())
    history.live(60)
    desk.bus.close()
    wanted = history.asked[-1].commands[0].name

    def has_it(asked: Sequence[SubmittedTogether]) -> bool:
        return any(command.name == wanted for each in asked for command in each.commands)

    assert [command.name for each in shortest(history.asked, has_it) for command in each.commands] == [wanted]
