"""A ledger with policies that were published before there were limits: it opens, serves everybody, and is put right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ledger.actors import Actor
from ledger.canonical import canonical
from ledger.ids import policy_stream
from ledger.log.rows import Attempt, Expectation, Status
from ledger.policies.defaults import default_policies
from ledger.policies.kinds import written
from projections.balances.balances import NOW
from projections.worklists.exceptions import ExceptionRow
from service.app import App
from service.automation.worker import TimerWorker
from service.exception_list import INVALID_POLICY, exceptions_of
from service.questions.pages import page_of
from service.questions.registry import QUESTIONS
from service.views.status import status_of
from tests.support.access import reader_of
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.given import patient
from tests.support.sales import BUYER, merchant_ready, order_data, paid, sent, signed
from tests.support.shops import app_of
from tests.support.view_history import an_event

FINANCE = Actor(kind="platform", id="fay", role="finance")
CONTENTS = {default.key: written(patient(default.policy)) for default in default_policies()}
DURATIONS = {
    name
    for content in CONTENTS.values()
    for name, value in content.items()
    if isinstance(value, str) and value[:1] == "P" and any(map(str.isdigit, value))
}
POISONS: dict[str, dict[str, Any]] = {
    "a zone that there is not": {"zone": "Nope/Nope"},
    "a zone that names a file": {"zone": "../../etc/passwd"},
    "durations of centuries": dict.fromkeys(DURATIONS, "P999999999D"),
    "durations that nothing can hold": dict.fromkeys(DURATIONS, f"P{'9' * 400}D"),
    "durations below nothing": dict.fromkeys(DURATIONS, "-P9D"),
}


def poisoned(poison: dict[str, Any]) -> list[str]:
    """The policies that have a field of the poison."""
    return sorted(key for key, content in CONTENTS.items() if poison.keys() & content.keys())


def publish(desk: Desk, key: str, content: dict[str, Any]) -> None:
    """Writes the event past the commands, in force from now, as version 2."""
    said = {"key": key, "version": 2, "content": content, "proposer": "fay", "approver": "ann"}
    instants = dict.fromkeys(("effective_from", "published_at"), desk.clock.now.isoformat())
    event = an_event(stream=policy_stream(key), type="policy.published", schema_version=1)
    attempt = Attempt(
        f"poison-{key}",
        "poison",
        events=[event._replace(payload=canonical(said | instants))],
        expects=[Expectation(policy_stream(key), 1)],
    )
    (receipt,) = desk.ledger.append(0, [attempt])
    assert receipt.status is Status.RECORDED, receipt


@pytest.fixture(params=POISONS)
def poison(request: pytest.FixtureRequest) -> dict[str, Any]:
    return POISONS[request.param]


@pytest.fixture
def desk(database_url: str, tmp_path: Path, poison: dict[str, Any]) -> Iterator[Desk]:
    """A ledger opened again after it was poisoned; the order O-1 was signed for before, and is due in seven days."""
    with open_desk(database_url, tmp_path) as before:
        publish_programme(before)
        for merchant in ("M-1", "M-2"):
            merchant_ready(before, merchant)
        paid(before)
        sent(before)
        signed(before)
        for key in poisoned(poison):
            content = CONTENTS[key]
            publish(before, key, content | {name: text for name, text in poison.items() if name in content})
    with open_desk(database_url, tmp_path) as desk:
        yield desk


@pytest.fixture
def app(desk: Desk) -> App:
    app = app_of(desk)
    app.catch_up()
    return app


def invalid(app: App) -> list[ExceptionRow]:
    found = exceptions_of(app, limit=100, timepoint=NOW, status="open", kind=INVALID_POLICY, merchant=None)
    return list(found)


def pages_of_one(app: App, *, most: int) -> list[str]:
    """The streams of all exceptions, read in pages of one row."""
    streams, after = list[str](), None
    fetch = partial(exceptions_of, app, timepoint=NOW, status="open", kind=None, merchant=None)
    while len(streams) <= most:
        page = page_of("exceptions", QUESTIONS["exceptions"].key, fetch, limit=1, after=after)
        streams, after = streams + [row.stream for row in page.rows], page.next
        if after is None:
            break
    return streams


def test_orders_go_on_and_timers_release_what_was_signed_before(desk: Desk, app: App) -> None:
    desk.expect("place_order", actor=BUYER, **order_data("O-2", "M-2"))
    paid(desk, "O-3", "M-2")
    sent(desk, "O-3", "M-2")
    signed(desk, "O-3", "M-2")
    desk.clock.forward(days=8)
    app.catch_up()
    TimerWorker(app).sweep()
    rows = [row for book in desk.ledger.reader.heads() for row in desk.ledger.reader.read(book, 0, 1_000)]
    released = {row.stream for row in rows if row.type == "settlement.released"}
    assert released == {"order/M-1/O-1", "order/M-2/O-3"}
    assert (status_of(app).troubles, status_of(app).set_aside) == ((), {})


def test_each_stands_among_the_exceptions_on_every_page_and_in_readyz(app: App, poison: dict[str, Any]) -> None:
    keys = poisoned(poison)
    assert [row.stream for row in invalid(app)] == [policy_stream(key) for key in keys]
    assert pages_of_one(app, most=len(keys)) == [row.stream for row in invalid(app)]
    with reader_of(app) as client:
        answer = client.get("/readyz")
        assert (answer.status_code, len(answer.json()["policies"])) == (200, len(keys))
        listed = client.get("/v1/exceptions", params={"kind": INVALID_POLICY}).json()["data"]
    assert [row["stream"] for row in listed] == [row.stream for row in invalid(app)]


def test_a_new_version_puts_each_right(desk: Desk, app: App, poison: dict[str, Any]) -> None:
    for key in poisoned(poison):
        from_then: dict[str, Any] = {"effective_from": desk.clock.now + timedelta(minutes=2)}
        made = desk.by_two("publish_policy", approver=FINANCE, key=key, content=CONTENTS[key], **from_then)
        assert made.status == "recorded", made.sentence
    assert invalid(app) == []
    assert status_of(app).policies == ()
