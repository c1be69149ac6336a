"""Ids of events hold the instant of the decision."""

from datetime import UTC, datetime, timedelta

import pytest

from commands.bus.decision import new_event_id
from ledger.ids import decided_at

START = datetime(2025, 4, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize("later", [timedelta(), timedelta(milliseconds=1), timedelta(days=400, milliseconds=999)])
def test_an_event_says_when_it_was_decided(later: timedelta) -> None:
    assert decided_at(new_event_id(START + later)) == START + later
