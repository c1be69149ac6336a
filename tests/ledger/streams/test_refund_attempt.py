"""The table of a refund attempt's states, walked for every kind of refund."""

from __future__ import annotations

from typing import NamedTuple, get_args

import pytest

from ledger.streams.refund_attempt import STEPS, Answer, AttemptState, Recorded, When
from tests.support.refund_kinds import AMOUNT, ASKED, UNASKED, OfItem, OfOrder, started, state_of

KINDS = ASKED | UNASKED
# Reports that lead to a state. Each is an outcome and its day; day 4 is free before and after each of them.
PATHS: dict[AttemptState, tuple[tuple[str, int], ...]] = {
    "unknown": (),
    "submitted": (),
    "succeeded": (("succeeded", 2),),
    "failed": (("failed", 2),),
    "reversed": (("succeeded", 1), ("reversed", 2)),
}
DAYS: dict[When, int] = {"any time": 4, "before": 1, "between": 3, "after": 4}
NAMES: dict[Recorded, tuple[str, ...]] = {
    "payment": ("refund.succeeded", "unmatched.refund_paid"),
    "return": ("refund.reversed", "unmatched.refund_reversed"),
    "failure": ("refund.failed", "unmatched.refund_failed"),
    "without effect": ("refund.failed", "unmatched.refund_failed"),
    "repeated": ("refund.success_repeated", "unmatched.refund_success_repeated"),
}
MOVES: dict[Recorded, int] = {"payment": -AMOUNT, "return": AMOUNT}


class Line(NamedTuple):
    """One line of the table, for one kind of refund."""

    kind: str
    state: AttemptState
    answer: Answer
    when: When


def exists(kind: str, state: AttemptState) -> bool:
    return state != ("unknown" if kind in ASKED else "submitted")


LINES = [Line(kind, *key) for kind in KINDS for key in STEPS if exists(kind, key[0])]


def reached(line: Line) -> OfOrder | OfItem:
    refund = started(KINDS[line.kind])
    path = PATHS[line.state] + ((("succeeded", 4),) if line.when == "between" else ())
    for outcome, day in path:
        report(refund, outcome, day)
    return refund


def report(refund: OfOrder | OfItem, outcome: str, day: int) -> list[str]:
    names = {"attempt_id": refund.attempt_id, "psp_refund_ref": "re-1"}
    events = refund.outcome(day=day, outcome=outcome, amount="USD 69.44", code="closed", **names)
    return [event.name for event in events if not event.name.startswith("break.")]


def outcomes(answer: Answer) -> tuple[str, ...]:
    return ("succeeded",) if answer == "paid" else ("failed", "reversed")


@pytest.mark.parametrize("line", LINES, ids=lambda line: " ".join(line))
def test_each_step_records_posts_and_leads_to_what_the_table_says(line: Line) -> None:
    step = STEPS[line.state, line.answer, line.when]
    for outcome in outcomes(line.answer):
        refund = reached(line)
        assert state_of(refund) == line.state
        before, breaks = refund.balances().get("1110", (0, 0))[0], len(refund.breaks())
        recorded = report(refund, outcome, DAYS[line.when])
        assert [name in NAMES[said] for name, said in zip(recorded, step.events, strict=True)].count(False) == 0
        assert refund.balances().get("1110", (0, 0))[0] - before == sum(MOVES.get(said, 0) for said in step.events)
        assert state_of(refund) == step.state
        assert (len(refund.breaks()) > breaks) == (line.kind in UNASKED and is_first_of(line, outcome))


def is_first_of(line: Line, outcome: str) -> bool:
    """True if no earlier report of the refund had this outcome: its break is opened once."""
    return outcome not in [said for said, _ in PATHS[line.state]]


@pytest.mark.parametrize("line", LINES, ids=lambda line: " ".join(line))
def test_a_report_that_is_repeated_records_nothing(line: Line) -> None:
    for outcome in outcomes(line.answer):
        refund = reached(line)
        report(refund, outcome, DAYS[line.when])
        assert report(refund, outcome, DAYS[line.when]) == []


def test_the_table_has_a_step_for_each_state_and_answer() -> None:
    assert {key[:2] for key in STEPS} == {(s, a) for s in get_args(AttemptState) for a in get_args(Answer)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_payment_of_a_day_without_a_rate_moves_nothing_and_opens_a_break(kind: str) -> None:
    refund = started(KINDS[kind])
    assert report(refund, "succeeded", day=-400) == []
    assert (refund.balances(), refund.breaks()) == ({}, ["rate_missing"])
