"""From the command line: a view that stopped is named, parked by two people, and said to be incomplete."""

from __future__ import annotations

import re

import pytest

from service.app import open_app
from service.settings import Settings
from tests.service.cli.conftest import Run
from tests.support.access import open_accounts
from tests.support.buses import Desk, publish_programme
from tests.support.poison import POISONS


@pytest.fixture
def poisoned(settings: Settings) -> tuple[Settings, str]:
    """A ledger with a body nested 200 deep in book 0, and its position."""
    with open_app(settings) as app:
        publish_programme(Desk(app.ledger, app.clock))  # type: ignore[arg-type]
        open_accounts(app.bus, "fay", "ann")
        position = POISONS["a body nested 200 deep"]().recorded_in(app.ledger, 0)
    return settings, str(position)


def proposed(said: str) -> str:
    found = re.search(r"Proposed as (\S+)\.", said)
    assert found, said
    return found[1]


def park(run: Run, settings: Settings, position: str) -> str:
    asked = ("park", "effect", "exceptions", position, "--book", "0", "--reason", "nested_too_deeply", "--by", "fay")
    return proposed(run(settings, *asked).err)


def test_a_view_that_stopped_is_parked_by_two_and_says_that_it_is_incomplete(
    poisoned: tuple[Settings, str], run: Run
) -> None:
    settings, position = poisoned
    assert f"it stopped at position {position}: " in " ".join(run(settings, "exceptions").err.split())
    said = run(settings, "approve", park(run, settings, position), "--by", "ann")
    assert (said.code, "is approved" in said.err) == (0, True)
    place = f"exceptions leaves out position {position} of book 0, which is parked"
    read = run(settings, "exceptions", "--format", "json")
    assert (read.data, place in " ".join(read.err.split())) == ([], True)
    assert run(settings, "status", "--format", "json").data["incomplete"] == [place]
    (row,) = run(settings, "parked", "--format", "json").data
    assert (row["of"], row["what"], row["proposer"], row["approver"]) == ("exceptions", position, "fay", "ann")


def test_who_proposes_does_not_approve_and_may_take_it_back(poisoned: tuple[Settings, str], run: Run) -> None:
    settings, position = poisoned
    proposal = park(run, settings, position)
    said = run(settings, "approve", proposal, "--by", "fay")
    assert (said.code, "MAKER_IS_CHECKER" in said.err) == (1, True)
    assert run(settings, "reject", proposal, "--by", "fay").code == 0
    assert run(settings, "parked", "--format", "json").data == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("park", "effect", "nonsense", "1", "--book", "0"), "There is no view 'nonsense'"),
        (("park", "effect", "exceptions", "9999", "--book", "0"), "and no position 9999"),
        (("park", "effect", "exceptions", "1", "--book", "99"), "There is no book 99"),
        (("unpark", "effect", "exceptions", "1", "--book", "0"), "NOT_PARKED"),
        (("park", "item", "releases", "two words", "--book", "0"), "item: "),
    ],
)
def test_what_is_not_there_is_not_parked(
    poisoned: tuple[Settings, str], run: Run, arguments: tuple[str, ...], says: str
) -> None:
    said = run(poisoned[0], *arguments, "--reason", "r", "--by", "fay")
    assert (said.code, says in " ".join(said.err.split())) == (1, True), said.err


def test_a_proposal_that_was_never_made_is_not_approved(poisoned: tuple[Settings, str], run: Run) -> None:
    assert "Proposal 'P-9' does not exist" in run(poisoned[0], "approve", "P-9", "--by", "ann").err
