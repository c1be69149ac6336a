"""Given proposals and decisions, then what waits for a second person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.actors import Actor
from ledger.canonical import canonical
from projections.engine.rebuild import verify
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker
from projections.worklists.proposals import Proposals, proposals
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.given import FINANCE

APPROVER = Actor(kind="platform", id="ann", role="finance")


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """Two adjustments are proposed, of the platform's money and of a merchant's, and a third is approved."""
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        propose(desk, "A-1", "5130", "1010")
        propose(desk, "A-0", "2120", "4110", merchant_id="M-1")
        propose(desk, "A-2", "2120", "4110", merchant_id="M-1")
        decide(desk, "approve_proposal", "A-0", "adjustment/M-1/A-0")
        yield desk


def propose(desk: Desk, adjustment_id: str, debit: str, credit: str, **named: str) -> None:
    lines = [{"account": account, "side": side, "amount": "CNY 3.00"}
             for account, side in ((debit, "debit"), (credit, "credit"))]  # fmt: skip
    reported = {"adjustment_id": adjustment_id, "lines": lines, **named}
    about = {"command": "post_adjustment", "data": reported, "reason": "found"}
    desk.expect("propose", actor=FINANCE, proposal_id=adjustment_id, **about)


def decide(desk: Desk, name: str, proposal_id: str, stream: str) -> None:
    desk.expect(name, actor=APPROVER, in_stream=stream, proposal_id=proposal_id)


def views(desk: Desk) -> Views:
    ProjectionWorker(desk.ledger.engine, desk.ledger.reader, Proposals()).catch_up()
    return Views(desk.ledger.engine, desk.ledger.reader)


def test_what_is_proposed_says_by_whom_and_about_which_merchant(desk: Desk) -> None:
    found = {row.proposal_id: (row.kind, row.merchant, row.proposer) for row in proposals(views(desk))}
    assert found == {"A-1": ("post_adjustment", "", "fang"), "A-2": ("post_adjustment", "M-1", "fang")}


def test_what_is_decided_waits_no_more_and_says_who_decided(desk: Desk) -> None:
    decide(desk, "reject_proposal", "A-1", "adjustment/A-1")
    decide(desk, "approve_proposal", "A-2", "adjustment/M-1/A-2")
    assert proposals(views(desk)) == ()
    decided = {row.proposal_id: (row.state, row.decided_by) for row in proposals(views(desk), state=None)}
    assert decided == {"A-0": ("approved", "ann"), "A-1": ("rejected", "ann"), "A-2": ("approved", "ann")}


def test_a_merchant_has_its_own(desk: Desk) -> None:
    assert [row.proposal_id for row in proposals(views(desk), merchant="M-1")] == ["A-2"]


def test_the_view_equals_one_built_anew(desk: Desk) -> None:
    decide(desk, "approve_proposal", "A-1", "adjustment/A-1")
    views(desk)
    assert verify(desk.ledger.engine, Proposals()).count == 0


def test_a_proposed_command_is_listed_with_its_stream_and_data_until_it_is_decided(desk: Desk) -> None:
    data = {"view": "exceptions", "book": 1, "position": 3}
    asked = {"command": "park_effect", "data": data, "proposal_id": "P-1", "reason": "r"}
    desk.expect("propose", actor=FINANCE, **asked)
    (row,) = [row for row in proposals(views(desk)) if row.kind == "park_effect"]
    assert (row.stream, row.data) == ("parking/1", canonical(data))
    desk.expect("approve_proposal", actor=APPROVER, in_stream=row.stream, proposal_id=row.proposal_id)
    (row,) = [row for row in proposals(views(desk), state="approved") if row.kind == "park_effect"]
    assert (row.proposer, row.decided_by) == ("fang", "ann")
