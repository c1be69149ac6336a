"""Two merchants whose orders, positions and facts are equal: every timer asks for both, under ids of their own."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from commands.command import Command
from ledger.ids import command_id
from ledger.money import Money
from projections.reconciliation.instructions import Instruction
from projections.worklists.due_dates import DueDate
from service.app import App
from service.automation.worker import TIMERS
from service.finance.releases import Candidate
from service.loops.timer import DueDateTimer
from service.partners.ports import Answer
from service.partners.sender import fact_of
from tests.support.partner_facts import commands_for

AT = datetime(2025, 4, 1, tzinfo=UTC)
FACTS: dict[str, Any] = {
    "payout_id": "P-1", "held": 100, "captured": {}, "currency": "USD", "psp": "stripe", "psp_ref": "pi_1",
    "waiting": {"ch_1": AT.isoformat()}, "capture_ref": "ch_1",
}  # fmt: skip
OF_DUE_DATES = [timer for timer in TIMERS if issubclass(timer, DueDateTimer)]


def commands_of(timer: type[DueDateTimer], merchant: str) -> list[Command]:
    stream = f"merchant/{merchant}" if timer.kind == "returned_payout" else f"order/{merchant}/O-1"
    due = DueDate(stream, "S-1", AT, json.dumps(FACTS), 7)
    made = timer.__new__(timer)
    made.app = cast(App, None)
    return [item.command() for item in made.items(1, due, AT)]


@pytest.mark.parametrize("timer", OF_DUE_DATES, ids=lambda timer: timer.__name__)
def test_a_timer_over_due_dates(timer: type[DueDateTimer]) -> None:
    (one,), (other,) = commands_of(timer, "M-1"), commands_of(timer, "M-2")
    assert one.id != other.id
    assert one.id == commands_of(timer, "M-1")[0].id


def test_releases() -> None:
    both = [Candidate(name, "O-1", AT, json.dumps([AT.isoformat()]), 7) for name in ("M-1", "M-2")]
    assert len({each.command(timedelta(days=7), AT + timedelta(days=8)).id for each in both}) == 2


def test_orders_whose_names_begin_alike() -> None:
    both = [Candidate("M-1", f"{'O' * 30}-{n}", AT, json.dumps([AT.isoformat()]), 7) for n in (1, 2)]
    assert len({each.command(timedelta(days=7), AT + timedelta(days=8)).id for each in both}) == 2


def refund_of(stream: str) -> Instruction:
    facts = {"refund_id": "R-1", "payment_id": "pi_1", "capture_ref": "ch_1"}
    return Instruction("refund", 1, stream, "R-1.1", "stripe", Money.of("1.00", "USD"), AT, facts)


def test_a_partners_answers_to_two_merchants() -> None:
    answers = [fact_of(refund_of(f"order/{name}/O-1"), Answer("done", reference="re_1"), AT) for name in ("M-1", "M-2")]
    assert len({each.id for each in commands_for(answers)}) == 2


def test_what_a_provider_knows_a_refund_by() -> None:
    assert refund_of("order/M-1.A/B").key != refund_of("order/M-1/A.B").key


def test_parts_that_run_into_each_other() -> None:
    assert command_id("x", "order/M-1/O-1", "a.b", "c") != command_id("x", "order/M-1/O-1", "a", "b.c")


def test_the_longest_names_still_make_an_id() -> None:
    made = command_id("lapsed", f"order/{'M' * 64}/{'O' * 64}", "S" * 255)
    assert len(made) <= 64
