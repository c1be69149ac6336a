"""References of partners may be of any length and any characters: a report is never refused for one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from commands.command import Command
from commands.menu import MENU
from ledger.events.event import Event, decode
from ledger.events.payments import PaymentCaptured
from ledger.readable import payload_of
from ledger.references import number_key, reference_key, references_in_full
from service.record.parser import parse_command
from tests.support.orders import OrderScenario, basket, capture

LONG = "py_" + "x" * 300
_PARTNERS = {
    "capture_ref", "payment_id", "dispute_id", "psp_ref", "psp_refund_ref", "batch_ref", "charge_ref", "assessment_ref",
    "payment_ref", "bank_ref", "bank_entry_ref", "entry_ref", "tracking_no", "proof_ref", "evidence_ref",
    "declaration_no", "raw_code", "location", "condition", "reference",
}  # fmt: skip
REPORTS = sorted(name for name, handler in MENU.items() if handler.command.reports_a_fact)


@pytest.mark.parametrize("name", REPORTS)
def test_no_reference_of_a_report_is_too_long(name: str) -> None:
    command: type[Command] = MENU[name].command
    for field in _PARTNERS & command.model_fields.keys():
        kind: TypeAdapter[str] = TypeAdapter(_annotation(command.model_fields[field]))
        for text in (LONG, "x" * 60_000, "a b/c", "单号 7", "٣"):
            assert len(kind.validate_python(text)) <= 500, f"{name}.{field}"


def _annotation(field: FieldInfo) -> Any:
    whole: Any = field.annotation
    for each in field.metadata:
        whole = Annotated[whole, each]
    return whole


def test_a_capture_under_a_long_reference_pays_its_order_once() -> None:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    scenario.submit("report_payment_captured", **capture(capture_ref=LONG))
    assert scenario.event(PaymentCaptured).capture_ref == reference_key(LONG)
    assert scenario.submit("report_payment_captured", **capture(capture_ref=LONG)) == []


def test_a_long_reference_is_kept_in_full_and_read_back() -> None:
    scenario = OrderScenario()
    scenario.submit("report_payment_captured", **capture(capture_ref=LONG, payment_id="PAY 1/ü"))
    captured: Event = scenario.event(PaymentCaptured)
    payload = payload_of(captured)
    assert payload is not None
    assert decode(captured.name, captured.schema_version, payload).in_full == {
        reference_key(LONG): LONG,
        reference_key("PAY 1/ü"): "PAY 1/ü",
    }


def test_a_usual_reference_is_kept_as_it_is() -> None:
    scenario = OrderScenario()
    scenario.submit("report_payment_captured", **capture())
    assert scenario.event(PaymentCaptured).in_full == {}


@pytest.mark.parametrize("reference", [LONG, "x" * 20_000, "a/b", "ü"])
def test_a_line_with_such_a_reference_is_a_command(reference: str) -> None:
    data = {"system": "sf", "reference": reference, "kind": "k"}
    line = {"command": "report_unmatched_fact", "id": "n", "actor": {"kind": "partner", "id": "sf"}, "data": data}
    assert parse_command(json.dumps(line).encode(), MENU).stream == f"unmatched/sf/{reference_key(reference)}"


def test_two_long_references_are_two() -> None:
    assert reference_key(LONG) != reference_key(LONG + "x")


LOOK_ALIKES = {
    "outer blanks": " ch_1\u00a0\n", "zero width": "ch\u200b_1\u2060", "byte order mark": "\ufeffch_1",
    "right to left": "\u200fch_1\u202c", "full width": "\uff43\uff48\uff3f\uff11", "soft hyphen": "ch\u00ad_1",
}  # fmt: skip


@pytest.mark.parametrize("text", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
@pytest.mark.parametrize("key", [reference_key, number_key])
def test_references_that_look_alike_are_one(key: Callable[[str], str], text: str) -> None:
    assert dict(references_in_full((key(text),))) == {"ch_1": text}


@pytest.mark.parametrize("key", [reference_key, number_key])
def test_composed_and_decomposed_forms_are_one(key: Callable[[str], str]) -> None:
    assert key("re\u0301f \u5355") == key("r\u00e9f \u5355")


@pytest.mark.parametrize(("one", "other"), [("ch_1", "CH_1"), ("ch 1", "ch  1"), ("\ud800", "\ud801"), ("\ud800", "?")])
@pytest.mark.parametrize("key", [reference_key, number_key])
def test_references_that_differ_stay_two(key: Callable[[str], str], one: str, other: str) -> None:
    assert key(one) != key(other)


def test_a_capture_under_a_look_alike_is_the_same_capture() -> None:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    scenario.submit("report_payment_captured", **capture(capture_ref="ch_1"))
    assert scenario.submit("report_payment_captured", **capture(capture_ref="ch_1\u200b ")) == []
