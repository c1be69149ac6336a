"""Past days: a state has the events that had happened by the end of a day, also those that were recorded later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from projections.engine.past import Past, PastViews
from projections.worklists.approvals_queue import waiting_cases
from service.app import App
from service.failures import NotKnown
from service.finance.settlement_run import settle
from service.http.lanes import Lane
from service.http.limits import LaneSize
from service.questions.asked import Answer, answer_to
from service.questions.past_states import TooManyToFold, few_enough
from service.questions.registry import QUESTIONS
from tests.support.access import ADMIN, application_for_reads, client_of, reader_of, token_for
from tests.support.buses import PLATFORM, Desk, open_desk, publish_programme
from tests.support.sales import CARRIER, merchant_ready, paid, sent, signed
from tests.support.shops import app_of

SENT, RECEIVED, SIGNED = date(2025, 4, 1), date(2025, 4, 2), date(2025, 4, 3)
PARCEL = {"merchant_id": "M-1", "order_id": "O-1", "parcel_id": "O-1-1"}


@pytest.fixture
def desk(fresh_database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """An order that was sent on one day and signed for two days later."""
    with open_desk(fresh_database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        paid(desk)
        sent(desk)
        desk.clock.forward(days=2)
        signed(desk)
        desk.clock.forward(days=3)
        yield desk


@pytest.fixture
def app(desk: Desk) -> App:
    app = app_of(desk)
    app.catch_up()
    return app


def ask(app: App, name: str, **values: Any) -> Answer:
    question = QUESTIONS[name]
    whole = {each.name: each.default for each in question.parameters} | values
    if "as_known_at" in values:  # the desk's clock is behind the ledger's
        app = App(app.settings, app.ledger, app.bus, app.views, lambda: datetime.now(UTC))
    return answer_to(question, app, whole)


def milestones(app: App, **times: Any) -> list[str]:
    """The milestones of the parcel, as the buyer sees them."""
    data = ask(app, "track", order="O-1", **times).data
    return [entry["milestone"] for entry in data["parcels"][0]["timeline"]]


def report_late(desk: Desk, milestone: str, at: datetime) -> datetime:
    """Reports a milestone of an earlier day now, and returns an instant right before."""
    ((before,),) = desk.ledger.reader.select("SELECT clock_timestamp()")
    about = {"milestone": milestone, "warehouse_id": "WH-1"}
    desk.expect("report_tracking", actor=CARRIER, at=at, **about, **PARCEL)
    assert isinstance(before, datetime)
    return before


def test_a_day_has_what_had_happened_by_its_end(app: App) -> None:
    on_each = [len(milestones(app, as_of=day)) for day in (SENT, RECEIVED, SIGNED)]
    assert on_each[0] == on_each[1] == on_each[2] - 1
    assert len(milestones(app)) == on_each[2]


def test_a_fact_that_was_recorded_late_counts_from_the_day_on_which_it_happened(desk: Desk, app: App) -> None:
    before = report_late(desk, "received_at_warehouse", datetime(2025, 4, 2, 4, tzinfo=UTC))
    app.catch_up()
    assert "received_at_warehouse" not in milestones(app, as_of=SENT)
    assert "received_at_warehouse" in milestones(app, as_of=RECEIVED)
    assert "received_at_warehouse" not in milestones(app, as_of=RECEIVED, as_known_at=before)


def test_an_order_is_not_known_before_the_day_on_which_it_was_placed(app: App) -> None:
    with reader_of(app) as client:
        assert client.get("/v1/orders/O-1/tracking", params={"as_of": "2025-03-31"}).status_code == 404


def test_the_cost_is_the_number_of_events_of_the_one_order(app: App, desk: Desk) -> None:
    assert ask(app, "track", order="O-1").folded is None
    alone = ask(app, "track", order="O-1", as_of=SIGNED).folded
    paid(desk, "O-2")
    app.catch_up()
    assert ask(app, "track", order="O-1", as_of=SIGNED).folded == alone
    assert alone is not None
    assert 0 < alone < len(desk.ledger.reader.read_stream(1, "order/M-1/O-1")) + 20


def test_too_many_events_are_refused_before_they_are_folded_with_what_to_do(app: App) -> None:
    views = PastViews(app.views, app.ledger.reader, Past(as_of=SIGNED), most=3)
    says = r"more than 3 events, the most that one answer folds\. Name one merchant\."
    with pytest.raises(TooManyToFold, match=says), few_enough(QUESTIONS["approvals"]):
        waiting_cases(views)
    assert views.folded == 0


def test_the_events_of_another_merchant_are_not_folded_for_one(app: App, desk: Desk) -> None:
    merchant_ready(desk, "M-2")
    paid(desk, "O-9", "M-2")
    app.catch_up()
    whole = ask(app, "overdue", as_of=SIGNED).folded
    assert whole is not None
    assert (ask(app, "overdue", as_of=SIGNED, merchant="M-2").folded or 0) < whole


def test_nothing_is_left_of_the_temporary_tables(app: App) -> None:
    for _ in range(3):
        ask(app, "track", order="O-1", as_of=SIGNED)
    ((left,),) = app.ledger.reader.select("SELECT count(*) FROM pg_class WHERE relpersistence = 't'")
    assert left == 0


def test_http_answers_with_the_cost(app: App) -> None:
    with reader_of(app) as client:
        then = client.get("/v1/orders/O-1/tracking", params={"as_of": "2025-04-02"}).json()
        now = client.get("/v1/orders/O-1/tracking").json()
    assert then["folded"] > 0
    assert now["folded"] is None


def test_a_settlement_run_and_its_statement_are_not_known_before_they_were_made(app: App, desk: Desk) -> None:
    ((before,),) = desk.ledger.reader.select("SELECT clock_timestamp()")
    desk.clock.forward(days=30)
    desk.expect("release_settlement", actor=PLATFORM, merchant_id="M-1", order_id="O-1")
    settle(app, "RUN-1")
    app.catch_up()
    made = desk.clock.now.date()
    (row,) = ask(app, "run-statements", id="RUN-1").data
    for name, id in (("show settlement-run", "RUN-1"), ("show statement", row.statement_id)):
        assert ask(app, name, id=id, as_of=made).data
        thens: list[dict[str, Any]] = [{"as_known_at": before}, {"as_of": SIGNED}]
        for then in thens:
            with pytest.raises(NotKnown):
                ask(app, name, id=id, **then)


def test_what_is_parked_is_listed_as_it_was(app: App, desk: Desk) -> None:
    about: dict[str, Any] = {"view": "exceptions", "book": 1, "position": 1}
    desk.by_two("park_effect", approver=PLATFORM, **about)
    ((parked,),) = desk.ledger.reader.select("SELECT clock_timestamp()")
    desk.clock.forward(days=2)
    desk.by_two("unpark_effect", approver=PLATFORM, **about)
    assert ask(app, "parked").data == []
    assert [row.what for row in ask(app, "parked", as_known_at=parked).data] == ["1"]
    assert [row.what for row in ask(app, "parked", as_of=date(2025, 4, 7)).data] == ["1"]
    assert ask(app, "parked", as_of=SIGNED).data == []


def test_accounts_and_tokens_are_listed_as_they_were(app: App, desk: Desk) -> None:
    token_for(app, "ada", "finance")
    ((opened,),) = desk.ledger.reader.select("SELECT clock_timestamp()")
    desk.expect("close_access_account", actor=ADMIN, account_id="ada", reason="left")
    app.catch_up()
    assert [bool(row.closed_at) for row in ask(app, "accounts").data] == [True]
    assert [bool(row.closed_at) for row in ask(app, "accounts", as_known_at=opened).data] == [False]
    assert len(ask(app, "tokens", as_known_at=opened).data) == 1
    assert len(ask(app, "tokens", as_of=SIGNED).data) == 0


def test_past_states_that_are_folded_do_not_hold_up_other_reads(app: App) -> None:
    application = application_for_reads(app)
    application.state.folds = Lane("places", LaneSize(at_once=0, queued=0, patience_s=0.0))
    with client_of(application) as client:
        assert client.get("/v1/approvals", params={"as_of": "2025-04-02"}).status_code == 429
        assert client.get("/v1/proposals", params={"as_of": "2025-04-02"}).status_code == 200
        assert client.get("/v1/approvals").status_code == 200
