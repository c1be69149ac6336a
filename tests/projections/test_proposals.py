"""Given proposals and decisions, then what waits for a second person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.canonical import canonical
from ledger.who import Actor
from projections.engine.reading import Views
from projections.engine.rebuild import verify
from projections.engine.worker import ProjectionWorker
from projections.proposals import Proposals, proposals
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.given import FINANCE, cny

APPROVER = Actor(kind="platform", id="ann", role="finance")
A_1: dict[str, Any] = {"adjustment_id": "A-1"}
W_1: dict[str, Any] = {"merchant_id": "M-1", "write_off_id": "W-1"}


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """An adjustment and a write-off are proposed."""
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        propose(desk, "A-1", "5130", "1010")
        propose(desk, "A-0", "2120", "4110", merchant_id="M-1")
        desk.expect("approve_adjustment", actor=APPROVER, adjustment_id="A-0", merchant_id="M-1")
        desk.expect("propose_debt_write_off", actor=FINANCE, amount="CNY 2.00", reason="left", **W_1)
        yield desk


def propose(desk: Desk, adjustment_id: str, debit: str, credit: str, **named: str) -> None:
    lines = [{"account": account, "side": side, "amount": "CNY 3.00"}
             for account, side in ((debit, "debit"), (credit, "credit"))]  # fmt: skip
    told = {"adjustment_id": adjustment_id, "lines": lines, "reason": "found", **named}
    desk.expect("propose_adjustment", actor=FINANCE, **told)


def views(desk: Desk) -> Views:
    ProjectionWorker(desk.ledger.engine, desk.ledger.reader, Proposals()).catch_up()
    return Views(desk.ledger.engine, desk.ledger.reader)


def test_what_is_proposed_says_by_whom_and_how_much(desk: Desk) -> None:
    found = {row.proposal_id: (row.kind, row.merchant, row.amount, row.proposer) for row in proposals(views(desk))}
    assert found == {
        "A-1": ("adjustment", "", cny("3.00"), "fang"), "W-1": ("write_off", "M-1", cny("2.00"), "fang"),
    }  # fmt: skip


def test_what_is_decided_waits_no_more_and_says_who_decided(desk: Desk) -> None:
    desk.expect("reject_adjustment", actor=APPROVER, **A_1)
    desk.expect("write_off_merchant_debt", actor=APPROVER, **W_1)
    assert proposals(views(desk)) == ()
    decided = {row.proposal_id: (row.state, row.decided_by) for row in proposals(views(desk), state=None)}
    assert decided == {"A-0": ("approved", "ann"), "A-1": ("rejected", "ann"), "W-1": ("approved", "ann")}


def test_a_merchant_has_its_own(desk: Desk) -> None:
    assert [row.proposal_id for row in proposals(views(desk), merchant="M-1")] == ["W-1"]


def test_the_view_equals_one_built_anew(desk: Desk) -> None:
    desk.expect("approve_adjustment", actor=APPROVER, **A_1)
    views(desk)
    assert verify(desk.ledger.engine, Proposals()).count == 0


def test_a_proposed_command_is_listed_with_its_stream_and_data_until_it_is_decided(desk: Desk) -> None:
    data = {"view": "exceptions", "book": 1, "position": 3}
    asked = {"command": "park_effect", "data": data, "proposal_id": "P-1", "reason": "r"}
    desk.expect("propose", actor=FINANCE, **asked)
    (row,) = [row for row in proposals(views(desk)) if row.kind == "park_effect"]
    assert (row.stream, row.amount, row.data) == ("parking/1", None, canonical(data))
    desk.expect("approve_proposal", actor=APPROVER, in_stream=row.stream, proposal_id=row.proposal_id)
    (row,) = [row for row in proposals(views(desk), state="approved") if row.kind == "park_effect"]
    assert (row.proposer, row.decided_by) == ("fang", "ann")
