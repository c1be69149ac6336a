"""The audit trail by the type of events and by a command."""

from __future__ import annotations

from typing import Any

import pytest

from service.app import App
from service.failures import UnknownValue
from service.questions.asked import answer_to
from service.questions.registry import QUESTIONS

AUDIT = QUESTIONS["audit"]


def rows(app: App, **given: str) -> Any:
    return answer_to(AUDIT, app, {each.name: each.default for each in AUDIT.parameters} | given).data


@pytest.mark.parametrize(
    ("type", "found"), [("payout.paid", {"payout.paid"}), ("payout.*", {"payout.paid", "payout.initiated"})]
)
def test_the_trail_has_the_events_of_a_type_or_of_all_that_begin_so(month_app: App, type: str, found: set[str]) -> None:
    events = {row.event for row in rows(month_app, type=type)}
    assert events >= found
    assert {each.partition(".")[0] for each in events} == {"payout"}


def test_the_trail_of_a_command_has_all_its_events_and_no_other(month_app: App) -> None:
    some = rows(month_app, type="payment.captured")[0]
    of_command = rows(month_app, command=some.command_id)
    assert some.event_id in {row.event_id for row in of_command}
    assert {row.command_id for row in of_command} == {some.command_id}


@pytest.mark.parametrize("given", [{"type": "payment.unheard_of"}, {"command": "nobody-has-this"}])
def test_a_type_or_a_command_that_is_not_known_is_refused(month_app: App, given: dict[str, str]) -> None:
    with pytest.raises(UnknownValue):
        rows(month_app, **given)
