"""A view that has stopped in one book stops nobody of another: payouts, balances and providers' webhooks go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from ledger.log.cursor import Cursor
from ledger.streams.loader import load_stream
from ledger.streams.payouts import Payouts
from projections.balances.merchant_balances import MerchantBalances
from projections.balances.merchant_summaries import MerchantSummaries, merchant_summaries
from projections.engine.batch import Batch
from projections.engine.connections import transaction
from projections.engine.progress import progress
from projections.engine.projection import Projection
from projections.engine.views import ViewBehind
from projections.reconciliation.psp_references import PspReferences
from service.adapters.psp.stripe_events import read_event
from service.app import App
from service.automation.unmatched_facts import WaitingFacts
from service.finance.releases import Releases
from service.finance.settlement_run import settle
from service.intake.messages import record_facts
from service.partner_facts.payments import ProviderFact
from tests.support.access import application_for_reads, client_of
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.poison import Poison
from tests.support.sales import merchant_ready, paid, sent, signed
from tests.support.shops import app_of

SIGNED = Poison("order/M-1/O-9", "parcel.signed_for", 1, '{"parcel_id":5}')
CAPTURED = Poison("order/M-1/O-9", "payment.captured", 1, '{"capture_ref":5}')


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """Two merchants in books of their own, each with an order whose money is due."""
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        for merchant in ("M-1", "M-2"):
            merchant_ready(desk, merchant)
            paid(desk, merchant_id=merchant)
            sent(desk, merchant_id=merchant)
            signed(desk, merchant_id=merchant)
        desk.clock.forward(days=8)
        yield desk


@pytest.fixture
def app(desk: Desk) -> App:
    return app_of(desk)


def poison(desk: Desk, poison: Poison) -> int:
    """The book of M-1, in which nobody can read this event."""
    book = desk.ledger.directory.book_of("M-1")
    poison.recorded_in(desk.ledger, book)
    return book


def follow(app: App) -> None:
    app.catch_up(past_stops=True)


@contextmanager
def stopping(view: type[Projection], stream: str) -> Iterator[None]:
    """The view cannot apply events of this stream."""
    whole = view.fold

    def fold(projection: Projection, batch: Batch) -> None:
        if any(recorded.stream == stream for recorded in batch.events):
            raise ValueError(stream)
        whole(projection, batch)

    with patch.object(view, "fold", fold):
        yield


def stripe(type: str, object: str, **said: Any) -> ProviderFact:
    """A message of Stripe's, as its webhook reads it."""
    created = int(datetime(2025, 4, 9, 8, tzinfo=UTC).timestamp())
    found = {"object": object, "id": f"{object}_9", "currency": "usd"} | said
    return read_event({"id": f"evt_{type}", "type": type, "created": created, "data": {"object": found}})


def dispute() -> ProviderFact:
    """About the capture of M-2's order, by its name alone."""
    about = {"charge": "ch-O-1", "amount": 1944, "status": "needs_response", "reason": "general"}
    return stripe("charge.dispute.created", "dispute", **about)


def forget(app: App, view: Projection, book: int) -> None:
    """The view begins the book anew."""
    generation = progress(app.ledger.engine, view).generation
    with transaction(app.ledger.engine) as cursor:
        for table in view.tables:
            cursor.execute(f"DELETE FROM {generation.stored_name(table)} WHERE book = %s", (book,))
        cursor.execute("DELETE FROM views.checkpoints WHERE projection = %s AND book = %s", (view.name, book))


def summaries(app: App, merchant: str | None = None) -> MerchantSummaries:
    return merchant_summaries(app.views, now=app.clock(), merchants=[merchant] if merchant else None)


def payouts_of(desk: Desk, merchant: str) -> int:
    book = desk.ledger.directory.book_of(merchant)
    return len(load_stream(desk.ledger.reader, book, f"payouts/{merchant}", Payouts).payouts)


def test_a_run_releases_and_pays_everybody_where_only_due_releases_has_stopped(desk: Desk, app: App) -> None:
    poison(desk, SIGNED)
    done = settle(app, "R-1")
    assert (done.payouts, done.failed) == (2, {})


def test_a_run_pays_whom_it_knows_the_balance_of_and_goes_on_with_the_rest_later(desk: Desk, app: App) -> None:
    paid(desk, "O-5", "M-1")
    with stopping(MerchantBalances, "order/M-1/O-5"):
        done = settle(app, "R-1")
        assert list(done.failed) == [f"book {desk.ledger.directory.book_of('M-1')}"]
        assert (payouts_of(desk, "M-1"), payouts_of(desk, "M-2")) == (0, 1)
    done = settle(app, "R-1")
    assert (done.payouts, done.failed, payouts_of(desk, "M-1")) == (2, {}, 1)


def test_balances_of_everybody_are_answered_and_say_what_is_left_out(desk: Desk, app: App) -> None:
    book = poison(desk, SIGNED)
    follow(app)
    answer = summaries(app)
    assert [each.merchant for each in answer.merchants] == ["M-1", "M-2"]
    left_out = {(each.view, each.book, each.why) for each in answer.vector.incomplete}
    assert left_out == {("due_releases", book, "stopped"), ("open_claims", book, "stopped")}


def test_balances_of_a_merchant_of_another_book_are_complete(desk: Desk, app: App) -> None:
    poison(desk, SIGNED)
    follow(app)
    (balance,) = summaries(app, "M-2").merchants
    assert (balance.pending.minor, summaries(app, "M-2").vector.incomplete) == (14_000, ())


def test_a_parking_that_cannot_be_read_stops_no_timer(desk: Desk, app: App) -> None:
    book = desk.ledger.directory.book_of("M-1")
    Poison(f"parking/{book}", "item.parked", 9, "{}").recorded_in(desk.ledger, book)
    follow(app)
    assert Releases(app).sweep() == 2


def test_a_reader_that_asks_for_what_the_stopped_book_holds_is_answered_that_it_has_stopped(
    desk: Desk, app: App
) -> None:
    poison(desk, SIGNED)
    with pytest.raises(ViewBehind, match="stopped"):
        app.catch_up()


def test_a_merchants_read_waits_for_no_book_of_others(desk: Desk, app: App) -> None:
    """Every address answers, although the token names a book in which every view has stopped and on which the answer
    does not rest.
    """
    app.catch_up()
    other = desk.ledger.directory.book_of("M-1")
    with transaction(desk.ledger.engine) as cursor:
        cursor.execute("UPDATE views.checkpoints SET status = 'stopped', position = 0 WHERE book = %s", (other,))
    desk.clock.now = datetime.now(UTC)
    application = application_for_reads(app, patience_s=1.0)
    token = Cursor.at(desk.ledger.reader.heads(), desk.ledger.identity).token
    takes = {
        path: {parameter["name"] for parameter in one["get"].get("parameters", ())}
        for path, one in application.openapi()["paths"].items()
        if "get" in one
    }
    paths = [path for path, names in takes.items() if "merchant" in names]
    assert len(paths) > 10
    client, found = client_of(application), {}
    for path in paths:
        asked = {"at_least": token, "as_known_at": desk.clock.now.isoformat(), "merchant": "M-2", "q": "O-1"}
        in_query = {name: value for name, value in asked.items() if name in takes[path] and f"{{{name}}}" not in path}
        answer = client.get(
            path.format(merchant="M-2", order="O-1", number=1, view="merchant_balances"), params=in_query
        )
        found[path] = answer.status_code
    assert found.pop("/v1/merchants/{merchant}/statements/{number}") == 404  # none was issued
    assert set(found.values()) == {200}, found


class TestProvidersMessages:
    def test_one_that_names_its_order_is_recorded_there(self, desk: Desk, app: App) -> None:
        poison(desk, CAPTURED)
        follow(app)
        named = {"metadata": {"merchant_id": "M-2", "order_id": "O-1"}, "captured": True, "amount": 100}
        (outcome,) = record_facts(app, [stripe("charge.captured", "charge", **named)])
        assert (outcome.status, outcome.book) == ("recorded", desk.ledger.directory.book_of("M-2"))

    def test_one_that_names_none_waits_for_it_may_be_of_the_stopped_book_too(self, desk: Desk, app: App) -> None:
        """Both merchants' orders are of the capture: M-1's is behind the stop, and half of the orders is not all."""
        app.catch_up()
        with stopping(PspReferences, "order/M-1/O-1"):
            forget(app, PspReferences(), desk.ledger.directory.book_of("M-1"))
            follow(app)
            (outcome,) = record_facts(app, [dispute()])
            assert (outcome.status, outcome.book) == ("recorded", 0)
            follow(app)
            assert WaitingFacts(app).sweep() == 0
