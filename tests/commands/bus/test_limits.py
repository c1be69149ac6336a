"""Limits of commands: a value beyond them is refused at the entrance, with the name of the field."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic_core import to_jsonable_python

from commands.command import Command
from commands.limits import kept_text
from commands.menu import MENU
from ledger.limits import DEEPEST, LARGEST_AMOUNT, LARGEST_BALANCE, LARGEST_QUANTITY, LONGEST_TEXT, MOST_ITEMS
from ledger.references import reference_key, references_in_full
from service.record.parser import Malformed, parse_command
from tests.support.sales import order_data

CAPTURE = {
    "merchant_id": "M-1", "order_id": "O-1", "payment_id": "p", "psp": "x", "capture_ref": "c", "amount": "CNY 1.00"
}  # fmt: skip
NOTE: dict[str, Any] = {"system": "s", "reference": "r", "kind": "k"}
BALANCES = {
    "account": "A", "statement_id": "S", "digest": "d" * 64, "opening": "CNY 0.00", "closing": "CNY 0.00",
    "opened_on": "2026-11-01", "closed_on": "2026-11-02", "entries": 0,
}  # fmt: skip


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value


def sent(name: str, data: dict[str, Any], **envelope: Any) -> Command:
    """The command as it is sent by `redledger record`."""
    reported = {"command": name, "id": "c", "actor": {"kind": "platform", "id": "p"}, "data": data, **envelope}
    return parse_command(json.dumps(reported).encode(), MENU)


def refuses(name: str, data: dict[str, Any], **envelope: Any) -> str:
    with pytest.raises(Malformed) as caught:
        sent(name, data, **envelope)
    return caught.value.sentence


@pytest.mark.parametrize(
    "amount",
    [
        "CNY 69,44",
        "CNY 1_000",
        "CNY ١٢",
        "CNY 1,2,3",
        "CNY +5",
        "CNY  7",
        "CNY 5.",
        "CNY .5",
        "CNY 5e1",
        "CNY 0x10",
        "CNY 6944,00",
        "CNY 1,0000",
        "CNY 1,000,00",
        "CNY 0,5.00",
        "CNY ,100",
        "CNY １２",
        "CNY 1 000",
        "CNY -",
        "CNY --5",
        "CNY NaN",
        "CNY Infinity",
        " CNY 5",
        "CNY\t5",
        "cny 5",
        {"currency": "CNY", "amount": "6,944.00"},
        {"currency": "CNY", "amount": "1e3"},
        {"currency": "CNY", "amount": " 5"},
        {"currency": "CNY", "minor": "5"},
        {"currency": "CNY", "minor": 5.0},
        {"currency": "CNY", "minor": True},
        {"currency": "CNY", "minor": 10**17},
        {"currency": "CNY", "minor": 10**30},
        {"currency": "CNY", "minor": 2**53 - 1},
        {"currency": "CNY", "amount": "9" * 400},
    ],
)
def test_an_amount_that_is_not_plainly_one_is_refused(amount: Any) -> None:
    refuses("report_payment_captured", CAPTURE | {"amount": amount})


@pytest.mark.parametrize(
    ("amount", "minor"),
    [("CNY 6,944.00", 694400), ("CNY 1,234,567.89", 123456789), ("CNY 69.44", 6944), ("CNY 0069.4", 6940)],
)
def test_an_amount_in_groups_of_three_or_none_is_read(amount: str, minor: int) -> None:
    assert sent("report_payment_captured", CAPTURE | {"amount": amount}).amount.minor == minor  # type: ignore[attr-defined]


def test_the_largest_amount_is_taken_and_one_more_is_not() -> None:
    sent("report_payment_captured", CAPTURE | {"amount": {"currency": "USD", "minor": LARGEST_AMOUNT}})
    refuses("report_payment_captured", CAPTURE | {"amount": {"currency": "USD", "minor": LARGEST_AMOUNT + 1}})


def test_a_balance_may_be_of_many_amounts() -> None:
    sent("report_bank_statement", BALANCES | {"opening": {"currency": "CNY", "minor": LARGEST_BALANCE}})
    refuses("report_bank_statement", BALANCES | {"opening": {"currency": "CNY", "minor": LARGEST_BALANCE + 1}})


@pytest.mark.parametrize("rate", ["1e0", "+7", "7,18", "7_1", "٧", "-7", "0", ".5", "5.", " 7", "NaN", "1000"])
def test_a_rate_that_is_not_plainly_one_is_refused(rate: str) -> None:
    reported = {"pair": "USD/CNY", "rate": rate, "kind": "book", "provider": "x", "as_of": "2026-11-01"}
    refuses("record_fx_rate", reported)


@pytest.mark.parametrize(
    "rate",
    [{"value": "1e0"}, {"value": "7_1"}, {"value": "٧"}, {"value": "99999"}, {"as_of": "0001-01-01"}, {"source": "\0"}],
)
def test_a_rate_inside_a_line_is_held_to_the_same(rate: dict[str, str]) -> None:
    plain = {"base": "USD", "quote": "CNY", "value": "7.18", "kind": "provider_settlement", "source": "x"}
    line = {"psp_ref": "c", "kind": "charge", "gross": "USD 1.00", "fee": "USD 0.00", "net": "USD 1.00"}
    about = {"psp": "x", "merchant_id": "M-1", "order_id": "O-1", "batch_ref": "B"}
    reported = line | {"rate": plain | {"as_of": "2026-11-01"} | rate}
    sent("report_psp_settlement", about | {"lines": [line | {"rate": plain | {"as_of": "2026-11-01"}}]})
    refuses("report_psp_settlement", about | {"lines": [reported]})


@pytest.mark.parametrize("number", ["1_0", "+1", " 1", "1.0", "1e0", "١", 1.0, True, 10**16])
def test_a_whole_number_that_is_not_plainly_one_is_refused(number: Any) -> None:
    refuses("report_bank_statement", BALANCES | {"entries": number})


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "1900-01-01T00:00:00Z", "2026-11-01T00:00:00+23:00"])
def test_an_instant_that_can_never_be_meant_is_refused(at: str) -> None:
    refuses("report_payment_captured", CAPTURE, occurred_at=at)


def test_a_fact_of_the_farthest_future_is_taken() -> None:
    sent("report_payment_captured", CAPTURE, occurred_at="9999-12-31T23:59:59Z")


def test_a_month_that_no_book_can_have_is_refused() -> None:
    refuses("close_book_period", {"period": "0001-01", "book": 1})


@pytest.mark.parametrize("depth", [DEEPEST, 200, 201, 5_000])
def test_a_body_that_is_nested_too_deep_is_refused(depth: int) -> None:
    with pytest.raises(Malformed):
        parse_command(
            b'{"command":"report_unmatched_fact","id":"c","actor":{"kind":"partner","id":"s"},"data":{"system":"s",'
            b'"reference":"r","kind":"k","body":%b1%b}}' % (b'{"a":' * depth, b"}" * depth),
            MENU,
        )


def test_a_body_as_deep_as_any_partners_is_taken() -> None:
    sent("report_unmatched_fact", NOTE | {"body": nested(DEEPEST - 1)})


@pytest.mark.parametrize(
    "body",
    [{"a": 1.5}, {"a": "\0"}, {"\0": "a"}, {"a": "\ud800"}, {"a": 2**53}, {"a": [0] * (MOST_ITEMS + 1)}],
    ids=["float", "NUL", "NUL in a name", "surrogate", "large", "long"],
)
def test_a_body_that_no_log_or_view_can_hold_is_refused(body: dict[str, Any]) -> None:
    refuses("report_unmatched_fact", NOTE | {"body": body})


def test_a_long_reference_of_a_fact_is_taken_whole() -> None:
    command = sent("report_payment_captured", CAPTURE | {"psp_ref": "r" * 6_000})
    assert list(references_in_full(command)) == [(reference_key("r" * 6_000), "r" * 6_000)]


def test_a_text_without_end_is_refused() -> None:
    said = refuses("report_payment_failed", CAPTURE | {"code": "r" * (LONGEST_TEXT + 1)})
    assert said.startswith("code: ")


def test_words_of_a_partner_are_made_to_fit() -> None:
    assert sent("report_unmatched_fact", NOTE | {"refs": {"named": kept_text("\0\ud800" + "x" * LONGEST_TEXT)}})


_PLACED = to_jsonable_python(order_data("O-1", "M-1"))
_PARCEL = {"merchant_id": "M-1", "order_id": "O-1", "parcel_id": "P-1"}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("create_parcel", lambda items: _PARCEL | {"items": items, "warehouse_id": "W-1"}),
        ("report_dispatch", lambda items: _PARCEL | {"items": items, "carrier": "SF", "tracking_no": "1"}),
        ("report_split", lambda items: _PARCEL | {"parts": [{"parcel_id": "P-2", "items": items}]}),
        ("request_refund", lambda items: {"merchant_id": "M-1", "order_id": "O-1", "refund_id": "R-1", "reason": "r",
                                          "lines": items}),
        ("place_order", lambda items: _PLACED | {"lines": [{**_PLACED["lines"][0], "qty": items[0]["qty"]}]}),
    ],
)  # fmt: skip
def test_more_units_than_a_line_may_have_are_refused_wherever_they_come_in(
    name: str, data: Callable[[list[dict[str, Any]]], dict[str, Any]]
) -> None:
    sentence = refuses(name, data([{"line_id": "A", "qty": LARGEST_QUANTITY + 1}]))
    assert sentence == "a quantity is at most 1,000,000"
