"""Items of loops that two people have parked, as a loop asks for them."""

from pathlib import Path
from typing import Any

from ledger.actors import Actor
from service.automation.parking import parked_items
from tests.support.buses import open_desk

FAY, ANN = (Actor(kind="platform", id=name, role="admin") for name in ("fay", "ann"))


def test_a_loop_leaves_out_its_own_items_until_they_are_unparked(database_url: str, tmp_path: Path) -> None:
    with open_desk(database_url, tmp_path) as desk:

        def decide(command: str, **data: Any) -> None:
            asked = {"command": command, "data": data, "proposal_id": f"{command}.{data['loop']}", "reason": "r"}
            desk.expect("propose", actor=FAY, **asked)
            about = {"in_stream": f"parking/{data['book']}", "proposal_id": asked["proposal_id"]}
            desk.expect("approve_proposal", actor=ANN, **about)

        decide("park_item", loop="releases", book=3, item="M-1/O-1")
        decide("park_item", loop="payouts", book=0, item="M-2")
        assert parked_items(desk.ledger, "releases") == {(3, "M-1/O-1")}
        decide("unpark_item", loop="releases", book=3, item="M-1/O-1")
        assert parked_items(desk.ledger, "releases") == frozenset()
