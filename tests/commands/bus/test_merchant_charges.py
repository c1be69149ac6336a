"""The bus refuses every decision that charges a merchant for anything else than the allowed kinds, and keeps nothing of
it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.authority import PEOPLE
from commands.bus.bus import Bus
from commands.command import Command, Handler
from commands.rules import Rules
from ledger.events.adjustments import AdjustmentLine, ManualAdjustmentApproved
from ledger.events.event import Event
from ledger.ids import Id, adjustment_stream
from ledger.streams.adjustments import Adjustment
from tests.support.buses import PLATFORM, Desk, open_desk, publish_programme
from tests.support.given import cny

FREIGHT = (
    AdjustmentLine(account="2120", side="debit", amount=cny("62.00"), base=cny("62.00")),
    AdjustmentLine(account="5110", side="credit", amount=cny("62.00"), base=cny("62.00")),
)


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        yield desk


class Charge(Command, name="test_charge"):
    """Stands for a command of whatever kind."""

    merchant_id: Id

    @property
    def stream(self) -> str:
        return adjustment_stream("A-1", self.merchant_id)


def careless(command: Charge, adjustment: Adjustment, rules: Rules) -> Iterator[Event]:  # noqa: ARG001
    """A decision that forgets to look."""
    yield ManualAdjustmentApproved(
        adjustment_id="A-1",
        merchant_id=command.merchant_id,
        lines=FREIGHT,
        reason="freight",
        evidence=(),
        accounting_date=None,
        proposer=PLATFORM,
        approver=PLATFORM,
        approved_at=command.decided_at,
    )


def test_a_decision_that_charges_a_merchant_is_refused_and_recorded_nowhere(desk: Desk) -> None:
    bus = Bus(desk.ledger, {"test_charge": Handler(Charge, careless, PEOPLE)}, clock=desk.clock)
    before = desk.ledger.reader.heads()
    command = Charge(id="a1", actor=PLATFORM, merchant_id="M-1")
    (outcome,) = bus.submit([command])
    bus.close()
    assert (outcome.code, outcome.facts["account"]) == ("MERCHANT_CHARGE_NOT_ALLOWED", "5110")
    assert desk.ledger.reader.heads() == before
