"""A ledger with an event that nothing of today can read opens, serves everybody else, and is put right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ledger.actors import Actor
from ledger.log.verification.verify import verify_log
from projections.audit.trail import TrailFilter, trail
from projections.engine.rebuild import rebuild, verify
from projections.engine.worker import ProjectionWorker
from projections.registry import PROJECTIONS
from service.app import App
from service.automation.parking import parked
from service.unmatched.items import waiting
from service.views.status import ViewStatus, status_of
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.poison import POISONS, Poison
from tests.support.sales import merchant_ready, paid
from tests.support.shops import app_of

FAY, ANN = (Actor(kind="platform", id=name, role="admin") for name in ("fay", "ann"))


@dataclass
class Poisoned:
    """A ledger with two merchants, and the place of the event in it."""

    desk: Desk
    app: App
    poison: Poison
    book: int
    position: int

    def follow(self) -> None:
        for projection in PROJECTIONS.values():
            ProjectionWorker(self.app.ledger.engine, self.app.ledger.reader, projection).catch_up()

    def views(self) -> list[ViewStatus]:
        return list(status_of(self.app).views)

    def stopped(self) -> dict[str, ViewStatus]:
        return {view.projection: view for view in self.views() if view.status != "current"}

    def decide_by_two(self, command: str, view: str) -> None:
        data = {"view": view, "book": self.book, "position": self.position}
        about = {"proposal_id": f"{command}.{view}", "reason": "unreadable"}
        self.desk.expect("propose", actor=FAY, command=command, data=data, **about)
        stream = f"parking/{self.book}"
        self.desk.expect("approve_proposal", actor=ANN, in_stream=stream, proposal_id=about["proposal_id"])

    def park_all(self) -> set[str]:
        self.follow()
        names = set(self.stopped())
        for name in names:
            self.decide_by_two("park_effect", name)
        self.follow()
        return names


@pytest.fixture(params=POISONS)
def poisoned(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Poisoned]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk, "M-1")
        merchant_ready(desk, "M-2")
        app, poison = app_of(desk), POISONS[request.param]()
        book = desk.ledger.directory.book_of("M-1") if poison.stream.startswith("order/M-1/") else 0
        position = poison.recorded_in(desk.ledger, book)
        paid(desk, "O-1", "M-1")
        paid(desk, "O-2", "M-2")
        yield Poisoned(desk, app, poison, book, position)


deep = pytest.mark.parametrize("poisoned", ["a body nested 200 deep"], indirect=True)
long = pytest.mark.parametrize("poisoned", ["a provider's reference of 6,000 characters"], indirect=True)
unknown = pytest.mark.parametrize("poisoned", ["an event that this code does not know"], indirect=True)


def test_views_stop_in_that_book_only_and_are_put_right_by_two_people(poisoned: Poisoned) -> None:
    poisoned.follow()
    stopped = poisoned.stopped()
    for view in stopped.values():
        assert (view.status, view.book, view.position) == ("stopped", poisoned.book, poisoned.position - 1)
        assert view.reason.startswith(f"position {poisoned.position}: ")
    assert not stopped.keys() & {"audit_trail", "merchant_balances", "account_turnovers"}
    names = poisoned.park_all()
    status = status_of(poisoned.app)
    assert (names, status.troubles) == (set(stopped), ())
    place = f"leaves out position {poisoned.position} of book {poisoned.book}, which is parked"
    assert {str(said) for said in status.incomplete} == {f"{name} {place}" for name in names}
    for name in names:
        assert verify(poisoned.app.ledger.engine, PROJECTIONS[name]).count == 0
        assert not rebuild(poisoned.app.ledger.engine, poisoned.app.ledger.reader, PROJECTIONS[name]).stopped


def test_the_log_is_verified_to_its_end_and_the_event_is_the_only_finding(poisoned: Poisoned) -> None:
    findings = [(each.key, each.column) for each in verify_log(poisoned.app.ledger.reader)]
    found = [(f"book {poisoned.book}, position {poisoned.position}", "payload")]
    assert findings == [] if _is_read(poisoned) else findings == found


def _is_read(poisoned: Poisoned) -> bool:
    (row,) = poisoned.app.ledger.reader.read(poisoned.book, poisoned.position - 1, 1)
    return row.readable_event is not None


def test_the_audit_trail_shows_it(poisoned: Poisoned) -> None:
    poisoned.follow()
    rows = trail(poisoned.app.views, TrailFilter(), limit=1000)
    (row,) = [row for row in rows if (row.book, row.position) == (poisoned.book, poisoned.position)]
    assert (row.event, row.unreadable in ("", poisoned.poison.payload)) == (poisoned.poison.type, True)


@deep
def test_the_trail_keeps_the_text_of_what_cannot_be_parsed(poisoned: Poisoned) -> None:
    poisoned.follow()
    rows = trail(poisoned.app.views, TrailFilter(), limit=1000)
    assert [row.unreadable for row in rows if row.unreadable] == [poisoned.poison.payload]


@deep
def test_the_deep_body_stops_views_of_the_unmatched_items_and_the_other_items_go_on(poisoned: Poisoned) -> None:
    names = poisoned.park_all()
    assert "exceptions" in names
    noted = {"system": "s", "reference": "r201", "kind": "k", "body": {"a": "b"}}
    poisoned.desk.expect("report_unmatched_fact", actor=Actor(kind="partner", id="sf"), **noted)
    poisoned.follow()
    assert [row.reference for row in waiting(poisoned.app)] == ["r201"]


@deep
def test_what_is_asked_of_its_own_stream_fails_alone(poisoned: Poisoned) -> None:
    noted: dict[str, Any] = {"system": "s", "kind": "k", "body": {"a": "b"}, "actor": Actor(kind="partner", id="sf")}
    commands = [poisoned.desk.command("report_unmatched_fact", reference=name, **noted) for name in ("r200", "r202")]
    assert [outcome.status for outcome in poisoned.desk.bus.submit(commands)] == ["fault", "recorded"]


@long
def test_the_long_reference_stops_the_references_or_is_shortened_there(poisoned: Poisoned) -> None:
    assert poisoned.park_all() <= {"psp_references"}


@unknown
def test_an_event_that_is_not_known_stops_nobody_who_does_not_use_it(poisoned: Poisoned) -> None:
    poisoned.follow()
    assert poisoned.stopped() == {}


@deep
def test_what_is_parked_or_proposed_is_listed_from_the_log(poisoned: Poisoned) -> None:
    poisoned.follow()
    poisoned.decide_by_two("park_effect", "exceptions")
    data = {"loop": "releases", "book": 0, "item": "M-1/O-1"}
    poisoned.desk.expect("propose", actor=FAY, command="park_item", data=data, proposal_id="P-2", reason="r")
    rows = [(row.state, row.of, row.what, row.approver) for row in parked(poisoned.app.ledger)]
    assert rows == [("parked", "exceptions", str(poisoned.position), "ann"), ("park_item", "releases", "M-1/O-1", "")]


@deep
def test_unparked_too_early_the_view_stops_and_keeps_what_it_had(poisoned: Poisoned) -> None:
    names = poisoned.park_all()
    poisoned.decide_by_two("unpark_effect", "exceptions")
    poisoned.follow()
    (view,) = poisoned.stopped().values()
    assert "exceptions" in names
    assert (view.projection, view.status) == ("exceptions", "stopped")
    assert "cannot be folded again" in view.reason
