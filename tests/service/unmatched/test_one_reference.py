"""One reference, written in other forms of Unicode at each entrance, names one item at all of them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commands.unmatched.match_payment import Part
from ledger.actors import Actor
from ledger.references import reference_key
from projections.reconciliation.psp_references import PspReferences
from service.adapters.psp.neutral_csv import read_neutral
from service.app import App
from service.intake.settlement_reports import import_report
from service.partner_facts.files import RawFile
from service.settings import Settings
from service.unmatched.items import match, waiting
from service.views.follower import following
from tests.service.adapters.psp.reports import line, neutral, summed
from tests.support.access import reader_of
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.sales import BUYER, PROVIDER, merchant_ready, order_data
from tests.support.shops import app_of

SECRET = "whsec_tea"
FAY = Actor(kind="platform", id="fay", role="finance")
PLAIN = "ch-r\u00e9f"
FORMS = {
    "composed": PLAIN,
    "decomposed": "ch-re\u0301f",
    "full width": "\uff43\uff48-r\u00e9\uff46",
    "invisible": "\ufeffch\u200b-r\u00e9\u00adf\u2060",
    "outer blanks": "\u00a0ch-r\u00e9f\u3000",
}


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A ledger with the order O-1, which is not paid yet."""
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        desk.expect("place_order", actor=BUYER, **order_data())
        yield desk


@pytest.fixture
def app(desk: Desk) -> App:
    app = app_of(desk, Settings(stripe_secret=SECRET))
    app.catch_up()
    return app


def streams(desk: Desk) -> set[str]:
    return {row.stream for row in desk.ledger.reader.read(0, 0, 1_000) if row.stream.startswith("unmatched/")}


def captured(desk: Desk, reference: str = PLAIN) -> str:
    """Reports money without an order; the status."""
    about: dict[str, Any] = {"psp": "stripe", "capture_ref": reference, "amount": "USD 19.44"}
    return desk.ask("report_unmatched_payment", actor=PROVIDER, **about).status


ONE = {f"unmatched/stripe/{reference_key(PLAIN)}"}
form = pytest.mark.parametrize("reference", FORMS.values(), ids=FORMS)


@form
def test_a_command_names_it(desk: Desk, reference: str) -> None:
    assert (captured(desk), captured(desk, reference)) == ("recorded", "nothing")
    assert streams(desk) == ONE


@form
def test_a_webhook_names_it(desk: Desk, app: App, reference: str) -> None:
    captured(desk)
    charge = {"object": "charge", "id": reference, "captured": True, "amount": 1944, "currency": "usd"}
    stamp = int(desk.clock.now.timestamp())
    event = {"id": "evt_9", "type": "charge.captured", "created": stamp, "data": {"object": charge}}
    body = json.dumps(event).encode()
    digest = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"Stripe-Signature": f"t={stamp},v1={digest}"}
    with following(desk.ledger), reader_of(app) as client:
        assert client.post("/webhooks/stripe", content=body, headers=headers).status_code == 200
    assert streams(desk) == ONE


@form
def test_a_row_of_a_file_names_it(desk: Desk, app: App, reference: str) -> None:
    order = {"merchant_id": "M-1", "order_id": "O-1", "payment_id": "pay-1"}
    about = {"psp": "stripe", "capture_ref": PLAIN, "amount": "USD 19.44"}
    desk.expect("report_payment_captured", actor=PROVIDER, **order, **about)
    app.catch_up([PspReferences()])
    content = neutral(line(reference=reference), summed())
    read = read_neutral("r.csv", content, psp="stripe")
    import_report(app, RawFile("r.csv", content), read, psp="stripe", match=False)
    book = desk.ledger.directory.book_of("M-1")
    types = {row.type for row in desk.ledger.reader.read(book, 0, 1_000) if row.stream == "order/M-1/O-1"}
    assert "psp_settlement.received" in types
    assert streams(desk) == set()


@form
def test_a_person_names_it(desk: Desk, app: App, reference: str) -> None:
    captured(desk)
    parts = [Part(merchant_id="M-1", order_id="O-1")]
    assert match(app, "stripe", reference, parts, actor=FAY).status == "recorded"
    app.catch_up()
    assert waiting(app) == []
