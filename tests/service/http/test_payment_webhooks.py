"""Payment providers' webhooks over HTTP: known by their signature, never replayed, recorded once, refused alike."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from projections.engine.views import Views
from service.adapters.psp.adyen_notifications import signature_of as adyen_signature
from service.app import App
from service.formats.bodies import LONGEST_BYTES
from service.settings import Settings
from tests.support.access import reader_of
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.faults import failing
from tests.support.sales import BUYER, merchant_ready, order_data

SECRET = "whsec_tea"
# Adyen's own example of a key, a notification and its signature (Adyen's libraries, HmacValidator tests).
KEY = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
EXAMPLE = {
    "pspReference": "7914073381342284", "originalReference": "", "merchantAccountCode": "TestMerchant",
    "merchantReference": "TestPayment-1407325143704", "amount": {"value": 1130, "currency": "EUR"},
    "eventCode": "AUTHORISATION", "success": "true",
}  # fmt: skip


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        desk.expect("place_order", actor=BUYER, **order_data())
        yield desk


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    """A service that both providers may say."""
    views = Views(desk.ledger.engine, desk.ledger.reader)
    app = App(Settings(stripe_secret=SECRET, adyen_secret=KEY), desk.ledger, desk.bus, views, desk.clock)
    app.catch_up()
    with reader_of(app) as client:
        client.app_state["app"] = app
        yield client


def event(id: str = "evt_1", amount: Any = 1944) -> bytes:
    charge = {
        "object": "charge", "id": "ch_1", "captured": True, "amount": amount, "currency": "usd",
        "payment_intent": "pi_1", "metadata": {"merchant_id": "M-1", "order_id": "O-1"},
    }  # fmt: skip
    reported = {"id": id, "type": "charge.captured", "created": 1743494400, "data": {"object": charge}}
    return json.dumps(reported).encode()


def signed(body: bytes, desk: Desk, *, secret: str = SECRET, ago: timedelta = timedelta(0)) -> dict[str, str]:
    stamp = int((desk.clock.now - ago).timestamp())
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={stamp},v1={'0' * 64},v1={digest},v0=old"}


def stripe(client: TestClient, body: bytes, headers: dict[str, str]) -> Any:
    answer = client.post("/webhooks/stripe", content=body, headers=headers)
    client.app_state["app"].catch_up()
    return answer


def notification(key: str = KEY, **changes: Any) -> bytes:
    item: dict[str, Any] = {
        "pspReference": "CAP1", "originalReference": "PAY1", "merchantAccountCode": "Shop", "merchantReference": "O-1",
        "amount": {"value": 1944, "currency": "USD"}, "eventCode": "CAPTURE", "success": "true",
        "eventDate": "2025-04-01T10:00:00+02:00",
    }  # fmt: skip
    data = {"metadata.merchant_id": "M-1", "metadata.order_id": "O-1", "hmacSignature": adyen_signature(item, key)}
    item |= {"additionalData": data} | changes
    return json.dumps({"live": "true", "notificationItems": [{"NotificationRequestItem": item}]}).encode()


_ODD = b'{"id": "e", "type": "charge.captured", "created": 99999999999999999999, "data": {"object": []}}'


def types(desk: Desk) -> list[str]:
    return [row.type for book in desk.ledger.reader.heads() for row in desk.ledger.reader.read(book, 0, 1000)]


def refusal(answer: Any) -> tuple[int, Any]:
    error = answer.json()
    assert error["detail"]
    return answer.status_code, error["code"]


class TestStripe:
    def test_a_signed_capture_confirms_its_order(self, client: TestClient, desk: Desk) -> None:
        answer = stripe(client, event(), signed(event(), desk))
        assert (answer.status_code, answer.json()["data"]["outcomes"]) == (200, {"recorded": 1})
        assert "order.confirmed" in types(desk)

    def test_the_same_event_and_the_same_capture_again_change_nothing(self, client: TestClient, desk: Desk) -> None:
        stripe(client, event(), signed(event(), desk))
        before = types(desk)
        for id in ("evt_1", "evt_2"):
            assert stripe(client, event(id), signed(event(id), desk)).json()["data"]["outcomes"] == {"repeated": 1}
        assert types(desk) == before

    @pytest.mark.parametrize("wrong", ["altered", "another secret", "unsigned", "replayed", "too early", "no stamp"])
    def test_what_nobody_signed_in_time_is_refused_and_nothing_is_recorded(
        self, client: TestClient, desk: Desk, wrong: str
    ) -> None:
        before, body = types(desk), event()
        headers = {
            "altered": signed(event(amount=1), desk),
            "another secret": signed(body, desk, secret="whsec_other"),
            "unsigned": {},
            "replayed": signed(body, desk, ago=timedelta(minutes=6)),
            "too early": signed(body, desk, ago=timedelta(minutes=-6)),
            "no stamp": {"Stripe-Signature": signed(body, desk)["Stripe-Signature"].partition(",")[2]},
        }[wrong]
        assert refusal(stripe(client, body, headers)) == (401, "SIGNATURE_DOES_NOT_MATCH")
        assert types(desk) == before

    def test_a_disputes_fee_comes_with_its_money(self, client: TestClient, desk: Desk) -> None:
        stripe(client, event(), signed(event(), desk))
        entry = {"id": "txn_9", "amount": -1944, "fee": 1500, "currency": "usd"}
        dispute = {"object": "dispute", "id": "dp_1", "charge": "ch_1", "amount": 1944, "currency": "usd"}
        found = {"object": dispute | {"balance_transactions": [entry]}}
        reported = {"id": "evt_5", "type": "charge.dispute.funds_withdrawn", "created": 1743494400, "data": found}
        body = json.dumps(reported).encode()
        for outcomes in ({"recorded": 2}, {"repeated": 2}):
            assert stripe(client, body, signed(body, desk)).json()["data"]["outcomes"] == outcomes
        assert {"dispute.funds_withdrawn", "dispute.fee_charged"} <= set(types(desk))

    @pytest.mark.parametrize("body", [b"hello", b"[]", b"\xff\x00", b"{}", _ODD, event(amount=10**13 + 1)])
    def test_a_signed_event_that_is_not_understood_waits_whole_for_people(
        self, client: TestClient, desk: Desk, body: bytes
    ) -> None:
        for outcomes in ({"recorded": 1}, {"repeated": 1}):
            answer = stripe(client, body, signed(body, desk))
            assert (answer.status_code, answer.json()["data"]["outcomes"]) == (200, outcomes)
        assert client.get("/v1/exceptions").json()["data"][0]["actual"] == "webhook_unread"

    def test_a_huge_body_is_refused(self, client: TestClient, desk: Desk) -> None:
        body = b" " * (LONGEST_BYTES + 1)
        assert refusal(stripe(client, body, signed(body, desk))) == (413, "BODY_TOO_LONG")


class TestAdyen:
    def test_adyens_own_example_has_adyens_own_signature(self) -> None:
        assert adyen_signature(EXAMPLE, KEY) == "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="

    def test_a_signed_capture_confirms_its_order_once(self, client: TestClient, desk: Desk) -> None:
        for outcomes in ({"recorded": 1}, {"repeated": 1}):
            answer = client.post("/webhooks/adyen", content=notification())
            assert (answer.status_code, answer.json()["data"]["outcomes"]) == (200, outcomes)
            assert answer.json()["notificationResponse"] == "[accepted]"
            client.app_state["app"].catch_up()
        assert types(desk).count("order.confirmed") == 1

    @pytest.mark.parametrize(
        "body",
        [
            notification(amount={"value": 1, "currency": "USD"}),
            notification(key=KEY.replace("4", "5")),
            notification(additionalData={}),
            b'{"notificationItems": []}',
            b'{"type": "balancePlatform.transaction.created"}',
        ],
    )
    def test_what_is_not_signed_under_our_key_is_refused(self, client: TestClient, desk: Desk, body: bytes) -> None:
        before = types(desk)
        assert refusal(client.post("/webhooks/adyen", content=body)) == (401, "SIGNATURE_DOES_NOT_MATCH")
        assert types(desk) == before

    @pytest.mark.parametrize("body", [b"<xml/>", b"3", b'{"notificationItems": 3}', b'{"notificationItems": [{}]}'])
    def test_a_body_without_a_notification_is_signed_by_nobody(self, client: TestClient, body: bytes) -> None:
        assert refusal(client.post("/webhooks/adyen", content=body)) == (401, "SIGNATURE_DOES_NOT_MATCH")

    @pytest.mark.parametrize("odd", [{}, 3, None, {"NotificationRequestItem": 3}, "forged"])
    def test_what_is_not_signed_beside_a_signed_notification_is_kept_and_has_no_effect(
        self, client: TestClient, desk: Desk, odd: Any
    ) -> None:
        whole = json.loads(notification())
        forged = json.loads(notification(key=KEY.replace("4", "5"), pspReference="CAP2"))["notificationItems"][0]
        whole["notificationItems"].insert(0, forged if odd == "forged" else odd)
        answer = client.post("/webhooks/adyen", content=json.dumps(whole).encode())
        assert (answer.status_code, answer.json()["data"]["outcomes"]) == (200, {"recorded": 2})
        assert types(desk).count("payment.captured") == 1
        client.app_state["app"].catch_up()
        assert client.get("/v1/exceptions").json()["data"][0]["actual"] == "webhook_unread"

    def test_an_authorisation_is_the_capture_where_the_account_captures_automatically(self, desk: Desk) -> None:
        body = beside({"eventCode": "AUTHORISATION", "pspReference": "AUTH1", "originalReference": ""}, alone=True)
        assert types_after(desk, body, adyen_capture="manual").count("order.confirmed") == 0
        assert types_after(desk, body, adyen_capture="Other, Shop").count("order.confirmed") == 1

    @pytest.mark.parametrize(
        "odd",
        [
            {"amount": {"value": 10**13 + 1, "currency": "USD"}},
            {"eventCode": None, "success": None, "pspReference": "P2", "amount": None},
        ],
    )
    def test_a_notification_that_is_not_understood_waits_and_its_neighbour_is_recorded(
        self, client: TestClient, desk: Desk, odd: dict[str, Any]
    ) -> None:
        body = beside(odd)
        for outcomes in ({"recorded": 2}, {"repeated": 2}):
            answer = client.post("/webhooks/adyen", content=body)
            assert (answer.status_code, answer.json()["data"]["outcomes"]) == (200, outcomes)
            client.app_state["app"].catch_up()
        assert "order.confirmed" in types(desk)

    @pytest.mark.parametrize("date", ["0001-01-01T00:00:00Z", None])
    def test_a_time_that_cannot_be_meant_is_reported_as_unknown(
        self, client: TestClient, desk: Desk, date: Any
    ) -> None:
        answer = client.post("/webhooks/adyen", content=notification(eventDate=date))
        assert answer.json()["data"]["outcomes"] == {"recorded": 1}
        assert "order.confirmed" in types(desk)


def types_after(desk: Desk, body: bytes, **settings: Any) -> list[str]:
    """Returns the types of events in the log after a service with these settings received a message."""
    app = App(
        Settings(adyen_secret=KEY, **settings), desk.ledger, desk.bus, Views(desk.ledger.engine, desk.ledger.reader),
        desk.clock,
    )  # fmt: skip
    app.catch_up()
    with reader_of(app) as client:
        assert client.post("/webhooks/adyen", content=body).status_code == 200
    return types(desk)


def beside(odd: dict[str, Any], *, alone: bool = False) -> bytes:
    """The capture, unless the other is alone, and before it another notification, signed too."""
    whole = json.loads(notification())
    good = whole["notificationItems"][0]["NotificationRequestItem"]
    bad = good | odd
    bad["additionalData"] = good["additionalData"] | {"hmacSignature": adyen_signature(bad, KEY)}
    return json.dumps(
        {"notificationItems": [{"NotificationRequestItem": each} for each in ((bad,) if alone else (bad, good))]}
    ).encode()


def test_without_a_secret_no_payment_webhook_is_taken(desk: Desk) -> None:
    app = App(Settings(), desk.ledger, desk.bus, Views(desk.ledger.engine, desk.ledger.reader), desk.clock)
    with reader_of(app) as client:
        answer = client.post("/webhooks/stripe", content=event(), headers=signed(event(), desk))
    assert refusal(answer) == (404, "WEBHOOK_NOT_SET_UP")


def test_of_a_body_with_a_fact_that_fails_the_others_are_recorded_and_adyen_reads_what_it_wants(
    client: TestClient, desk: Desk
) -> None:
    body = json.loads(notification())
    (item,) = body["notificationItems"]
    other = item["NotificationRequestItem"] | {
        "pspReference": "AUTH1",
        "originalReference": "",
        "eventCode": "AUTHORISATION",
    }
    other["additionalData"] = other["additionalData"] | {"hmacSignature": adyen_signature(other, KEY)}
    body["notificationItems"].append({"NotificationRequestItem": other})
    with failing("report_payment_authorised"):
        answer = client.post("/webhooks/adyen", content=json.dumps(body).encode())
    assert answer.status_code == 200
    assert answer.json()["data"]["outcomes"] == {"fault": 1, "recorded": 1}
    assert answer.json()["notificationResponse"] == "[accepted]"
    assert {"payment.captured", "unmatched.fact_reported"} <= set(types(desk))
