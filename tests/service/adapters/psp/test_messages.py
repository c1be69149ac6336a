"""Providers' webhooks, from their own examples: each becomes the report it stands for, or an unmatched note."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from commands.menu import MENU
from projections.reconciliation.psp_references import PspReferences
from service.adapters.psp.adyen_notifications import CaptureMode, items_of, read_further, read_notification
from service.adapters.psp.stripe_events import read_event
from service.app import App
from service.formats.provider_values import Unreadable
from service.intake.messages import record_facts
from service.partner_facts.payments import ProviderFact
from service.partner_reports.table import PROVIDER_REPORTS
from tests.support.buses import open_desk, publish_programme
from tests.support.orders import OrderScenario
from tests.support.partner_facts import command_of
from tests.support.sales import merchant_ready, paid
from tests.support.shops import app_of

Shared = Callable[[str], Path]
ORDER = {"merchant_id": "M-1", "order_id": "O-1"}


@pytest.fixture
def objects(shared_data: Shared) -> dict[str, Any]:
    """Stripe's own example of every object."""
    content = gzip.decompress(shared_data("psp_samples/stripe_fixtures3.json.gz").read_bytes())
    found: dict[str, Any] = json.loads(content)["resources"]
    return found


@pytest.fixture
def bodies(shared_data: Shared) -> list[dict[str, Any]]:
    """Adyen's own examples of webhook bodies."""
    lines = shared_data("psp_samples/adyen_notifications.jsonl").read_text().splitlines()
    return [json.loads(line)["body"] for line in lines]


def event(type: str, found: dict[str, Any], **changes: Any) -> ProviderFact:
    return read_event({"id": f"evt_{type}", "type": type, "created": 1743500000, "data": {"object": found | changes}})


@pytest.mark.parametrize(
    ("type", "resource", "changes", "command"),
    [
        ("charge.succeeded", "charge", {}, "report_payment_authorised"),
        ("charge.captured", "charge", {"captured": True, "amount_captured": 100}, "report_payment_captured"),
        ("charge.failed", "charge", {"failure_code": "card_declined"}, "report_payment_failed"),
        ("refund.created", "refund", {}, "report_refund_outcome"),
        ("refund.failed", "refund", {"status": "failed"}, "report_refund_outcome"),
        ("charge.dispute.created", "dispute", {}, "report_dispute_opened"),
        ("charge.dispute.funds_withdrawn", "dispute", {}, "report_dispute_funds_withdrawn"),
        ("charge.dispute.closed", "dispute", {"status": "lost"}, "report_dispute_lost"),
        ("charge.dispute.closed", "dispute", {"status": "won"}, "report_dispute_won"),
    ],
)
def test_an_event_of_stripe_becomes_the_report_it_stands_for(
    objects: dict[str, Any], type: str, resource: str, changes: dict[str, Any], command: str
) -> None:
    fact = event(type, objects[resource], metadata=ORDER, **changes)
    assert command_of(fact, fact.order).name == command


@pytest.mark.parametrize("resource", ["balance_transaction", "payout", "payment_intent", "plan"])
def test_an_event_of_stripe_about_something_else_is_noted(objects: dict[str, Any], resource: str) -> None:
    fact = event(f"{resource}.updated", objects[resource])
    assert (fact.kind, command_of(fact, None).name) == ("other", "report_unmatched_fact")


def test_a_refund_on_its_way_has_no_outcome_yet(objects: dict[str, Any]) -> None:
    assert event("refund.created", objects["refund"], status="pending").kind == "other"


def test_an_inquiry_is_no_chargeback(objects: dict[str, Any]) -> None:
    assert event("charge.dispute.created", objects["dispute"]).said["stage"] == "inquiry"


def test_a_loss_has_the_reason_that_decides_who_bears_it(objects: dict[str, Any]) -> None:
    said = {"status": "lost", "reason": "product_not_received", "amount": 1000}
    assert event("charge.dispute.closed", objects["dispute"], **said).said["reason"] == "not_received"
    item = AUTHORISATION | {"eventCode": "SECOND_CHARGEBACK", "additionalData": {"chargebackReasonCode": "13.3"}}
    assert read_notification(item).said["reason"] == "product_unacceptable"


def test_every_notification_of_adyen_becomes_a_command(bodies: list[dict[str, Any]]) -> None:
    facts = [fact for body in bodies for fact in map(read_notification, items_of(body))]
    assert {command_of(fact, ("M-1", "O-1")).name for fact in facts} == {
        "report_payment_authorised", "report_payment_voided", "report_payment_captured", "report_payment_failed",
        "report_refund_outcome", "report_dispute_funds_withdrawn", "report_unmatched_fact",
    }  # fmt: skip


def test_a_body_of_adyen_about_something_else_holds_no_fact(bodies: list[dict[str, Any]]) -> None:
    others = [body for body in bodies if "notificationItems" not in body]
    assert others
    assert [fact for body in others for fact in map(read_notification, items_of(body))] == []


def test_no_name_of_a_person_is_kept(objects: dict[str, Any]) -> None:
    fact = event("charge.captured", objects["charge"], captured=True, amount_captured=100)
    assert "Jenny" not in command_of(fact, None).model_dump_json()


_FRACTION = {"object": "charge", "id": "c", "amount": 1.5, "currency": "usd"}


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"type": "charge.captured"},
        {"id": "e", "type": "charge.captured", "created": "x", "data": {"object": []}},
        {"id": "e", "type": "charge.failed", "created": 1, "data": {"object": _FRACTION}},
    ],
)
def test_what_stripe_does_not_send_is_unreadable(broken: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        read_event(broken)


def test_notifications_that_are_no_list_are_unreadable() -> None:
    with pytest.raises(Unreadable):
        items_of({"notificationItems": 3})


AUTHORISATION: dict[str, Any] = {
    "eventCode": "AUTHORISATION", "success": "true", "pspReference": "PAY1", "merchantAccountCode": "Shop",
    "amount": {"value": 1944, "currency": "USD"}, "eventDate": "2025-04-01T10:00:00+02:00",
}  # fmt: skip


@pytest.mark.parametrize(
    ("setting", "operations", "kind"),
    [
        ("manual", None, "authorised"),
        ("automatic", None, "captured"),
        ("Other,Shop", None, "captured"),
        ("Other", None, "authorised"),
        ("manual", ["CANCEL", "CAPTURE", "REFUND"], "authorised"),
        ("manual", ["REFUND"], "captured"),  # a method without a capture of its own, such as iDEAL
    ],
)
def test_an_authorisation_of_adyen_is_the_capture_by_setting_or_by_what_it_says(
    setting: str, operations: list[str] | None, kind: str
) -> None:
    fact = read_notification(AUTHORISATION | {"operations": operations}, CaptureMode(setting))
    assert (fact.kind, fact.capture_key) == (kind, "PAY1" if kind == "captured" else "")


def test_a_capture_that_adyen_reports_all_the_same_is_that_of_its_authorisation() -> None:
    reported = AUTHORISATION | {"eventCode": "CAPTURE", "pspReference": "CAP1", "originalReference": "PAY1"}
    assert read_notification(reported, CaptureMode("automatic")).capture_key == "PAY1"


CHARGED_BACK = AUTHORISATION | {
    "eventCode": "CHARGEBACK", "pspReference": "DIS1", "originalReference": "PAY1",
    "additionalData": {"chargebackReasonCode": "13.3"},
}  # fmt: skip


def test_a_chargeback_of_adyen_opens_its_dispute_so_that_a_loss_without_a_reason_is_divided_by_its() -> None:
    scenario = OrderScenario().paid().sent(A=2, B=1).received()
    lost = CHARGED_BACK | {"eventCode": "PREARBITRATION_LOST", "additionalData": {}}
    withdrawn = read_notification(CHARGED_BACK | {"amount": {"value": 6944, "currency": "USD"}})
    for fact in (
        *read_further(CHARGED_BACK, withdrawn),
        withdrawn,
        read_notification(lost | {"amount": {"value": 6944, "currency": "USD"}}),
    ):
        scenario.run(command_of(fact, ("M-1", "O-1")))
    dispute = scenario.order.disputes.by_id["DIS1"]
    assert (dispute.reason, dispute.state, scenario.balance("2110")) == ("product_unacceptable", "lost", 0)


def test_a_chargeback_of_adyen_without_a_reason_only_takes_the_money() -> None:
    plain = CHARGED_BACK | {"additionalData": {}}
    assert list(read_further(plain, read_notification(plain))) == []


_ODD = [1.5, 10**20, -1, True, None, [1.5], {"a": [1e300]}, "x" * 12_000, "\0", "a b/c", "٣", ""]
_OF_STRIPE = [
    ("charge.failed", "failure_code"), ("charge.failed", "payment_intent"), ("charge.failed", "metadata"),
    ("charge.captured", "id"), ("charge.captured", "payment_intent"), ("charge.captured", "amount"),
    ("charge.captured", "currency"), ("refund.created", "id"), ("refund.failed", "failure_reason"),
    ("refund.created", "charge"), ("charge.dispute.created", "reason"), ("charge.dispute.closed", "status"),
    ("charge.dispute.created", "evidence_details"), ("charge.dispute.funds_withdrawn", "charge"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "field"), _OF_STRIPE)
def test_a_field_of_stripe_may_hold_anything(kind: str, field: str) -> None:
    object_ = kind.split(".")[-2] if kind.startswith("charge.d") else kind.partition(".")[0]
    found = {"object": object_, "id": "x_1", "amount": 500, "currency": "usd", "captured": True, "status": "succeeded"}
    for value in _ODD:
        reported = {"id": "evt_7", "type": kind, "created": 1743494400, "data": {"object": found | {field: value}}}
        for event in (reported, reported | {"id": value}, reported | {"created": value}):
            _becomes_a_command(read_event, event)


_OF_ADYEN = [
    "eventDate", "pspReference", "originalReference", "eventCode", "success", "amount", "additionalData",
]  # fmt: skip


@pytest.mark.parametrize("code", ["CAPTURE", "REFUND", "CHARGEBACK", "NOTIFICATION_OF_CHARGEBACK", "ELSE"])
def test_a_field_of_adyen_may_hold_anything(code: str) -> None:
    amount = {"value": 1944, "currency": "USD"}
    item: dict[str, Any] = {"pspReference": "CAP1", "originalReference": "PAY1", "amount": amount, "eventCode": code}
    item |= {"success": "true", "eventDate": "2025-04-01T10:00:00+02:00"}
    for value in _ODD:
        data = dict.fromkeys(("metadata.attempt_id", "metadata.order_id", "chargebackReasonCode"), value)
        odds: list[dict[str, Any]] = [*({field: value} for field in _OF_ADYEN), {"additionalData": data}]
        for odd in odds:
            _becomes_a_command(read_notification, item | odd)


def _becomes_a_command(read: Callable[[Any], ProviderFact], reported: dict[str, Any]) -> None:
    try:
        fact = read(reported)
    except Unreadable:
        return  # it waits whole for people
    for command in (command_of(fact, ("M-1", "O-1")), command_of(fact, None)):
        assert command.fingerprint()


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[App]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        paid(desk)
        opened = app_of(desk)
        opened.catch_up([PspReferences()])
        yield opened


def test_a_capture_reported_by_another_webhook_is_recorded_once(app: App, objects: dict[str, Any]) -> None:
    charge = {"id": "ch-O-1", "captured": True, "amount": 1944, "amount_captured": 1944, "currency": "usd"}
    fact = event("charge.captured", objects["charge"], **charge, payment_intent="pay-O-1")
    heads = app.ledger.reader.heads()
    (outcome,) = record_facts(app, [fact])
    assert (outcome.status, app.ledger.reader.heads()) == ("nothing", heads)


def test_a_dispute_finds_its_order_by_the_charge(app: App, objects: dict[str, Any]) -> None:
    fact = event("charge.dispute.created", objects["dispute"], charge="ch-O-1", amount=1944, currency="usd")
    (outcome,) = record_facts(app, [fact])
    rows = app.ledger.reader.read(outcome.book, outcome.first - 1, 1)
    assert [(row.stream, row.type) for row in rows] == [("order/M-1/O-1", "dispute.opened")]


def test_a_capture_that_names_no_order_waits_unmatched_with_its_money(app: App, objects: dict[str, Any]) -> None:
    fact = event("charge.captured", objects["charge"], id="ch_new", captured=True, amount_captured=500)
    (outcome,) = record_facts(app, [fact])
    (row,) = app.ledger.reader.read(outcome.book, outcome.first - 1, 1)
    assert (row.stream, row.type) == ("unmatched/stripe/ch_new", "unmatched.payment_captured")


def test_every_command_that_messages_become_is_on_the_menu() -> None:
    assert {line.reported.name for line in PROVIDER_REPORTS.values() if line.reported} <= MENU.keys()
