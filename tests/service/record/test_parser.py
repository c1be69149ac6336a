"""Every kind of bad line gets its code, its field and a plain sentence."""

import json
import re
from time import process_time
from typing import Any

import pytest
from pydantic import ValidationError

from commands.command import Command
from commands.menu import MENU
from commands.orders.place_order import PlaceOrder
from commands.proposable import PROPOSABLE
from ledger.actors import Actor
from ledger.validation_messages import words_of
from service.record.parser import Malformed, command_in_item, is_plain, parse_command

ACTOR = {"kind": "buyer", "id": "B-1", "role": "buyer"}
LINE = {
    "line_id": "L1",
    "product_id": "P-1",
    "qty": 2,
    "unit_list": "CNY 180.00",
    "unit_reference": {"currency": "USD", "amount": "25.00"},
    "title_source": "团扇",
    "title_shown": "Round fan",
    "locale": "en-US",
}
RATE = {"base": "USD", "quote": "CNY", "value": "7.2", "kind": "reference", "source": "bank", "as_of": "2025-04-01"}
ORDER: dict[str, Any] = {
    "merchant_id": "M-1",
    "order_id": "O-1",
    "checkout_id": "C-1",
    "market": "US",
    "buyer_ref": "B-1",
    "ship_to_ref": "A-1",
    "ship_to": {"name": "Avery Whitfield"},
    "channel": {"type": "store"},
    "lines": [LINE],
    "list_total": {"currency": "CNY", "minor": 36000},
    "buyer_total": "USD 50.00",
    "reference_rate": RATE,
}


def _text(data: dict[str, Any] = ORDER, **envelope: Any) -> bytes:
    return json.dumps({"command": "place_order", "id": "c-1", "actor": ACTOR, "data": data} | envelope).encode()


def _line(**changed: Any) -> dict[str, Any]:
    return ORDER | {"lines": [LINE | changed]}


def _refused(text: bytes) -> tuple[str, str]:
    with pytest.raises(Malformed) as caught:
        parse_command(text, MENU)
    assert caught.value.sentence
    return caught.value.code, caught.value.field


def test_a_good_line_is_its_command() -> None:
    command = parse_command(_text(), MENU)
    assert isinstance(command, PlaceOrder)
    assert command.lines[0].unit_reference.minor == 2500


@pytest.mark.parametrize(
    "text",
    [
        b"{",
        b"[]",
        b"7",
        b'"place_order"',
        b"\xff\xfe",
        b'{"id": NaN}',
        b'{"id": "a", "id": "b"}',
        b"[" * 100_000,
        b'{"id": ' + b"9" * 5_000 + b"}",
        _text()[:-20],
    ],
    ids=["cut", "array", "number", "text", "bytes", "nan", "twice", "deep", "digits", "truncated"],
)
def test_what_is_no_json_object_is_malformed_json(text: bytes) -> None:
    assert _refused(text) == ("MALFORMED_JSON", "")


@pytest.mark.parametrize("name", ["sell_house", "PlaceOrder", ["place_order"], 7])
def test_a_command_that_is_not_on_the_menu_is_unknown(name: Any) -> None:
    assert _refused(_text(command=name)) == ("UNKNOWN_COMMAND", "command")


@pytest.mark.parametrize(
    ("data", "envelope", "field"),
    [
        (ORDER | {"colour": "red"}, {}, "data.colour"),
        (_line(colour="red"), {}, "data.lines[0].colour"),
        (ORDER, {"colour": "red"}, "colour"),
        (ORDER, {"actor": ACTOR | {"colour": "red"}}, "actor.colour"),
        (ORDER | {"actor": ACTOR}, {}, "data.actor"),
        (ORDER | {"occurred_at": "2025-04-01T08:00:00Z"}, {}, "data.occurred_at"),
    ],
)
def test_a_field_that_is_not_known_is_named(data: dict[str, Any], envelope: dict[str, Any], field: str) -> None:
    assert _refused(_text(data, **envelope)) == ("UNKNOWN_FIELD", field)


def test_a_field_that_is_missing_is_named() -> None:
    without = {name: value for name, value in ORDER.items() if name != "market"}
    assert _refused(_text(without)) == ("MISSING_FIELD", "data.market")


def test_a_line_that_names_no_command_misses_it() -> None:
    assert _refused(b"{}") == ("MISSING_FIELD", "command")


@pytest.mark.parametrize("quantity", [0, -1, 1.5, "two"])
def test_a_quantity_is_a_whole_number_above_nothing(quantity: Any) -> None:
    assert _refused(_text(_line(qty=quantity))) == ("INVALID_FIELD", "data.lines[0].qty")


@pytest.mark.parametrize(
    "amount",
    [
        "USD 25.001",
        {"currency": "USD", "minor": 2500.5},
        {"currency": "USD", "amount": 25.0},
        "25.00",
        "USD 1E400",
        {"currency": "USD"},
        None,
    ],
)
def test_an_amount_has_a_currency_and_no_fraction_of_its_smallest_unit(amount: Any) -> None:
    assert _refused(_text(_line(unit_reference=amount))) == ("INVALID_FIELD", "data.lines[0].unit_reference")


def test_a_currency_that_is_none_is_refused() -> None:
    code, _ = _refused(_text(_line(unit_reference={"currency": "XXQ", "minor": 2500})))
    assert code == "INVALID_FIELD"


@pytest.mark.parametrize("instant", ["2025-04-01T08:00:00", "2025-04-01", "yesterday"])
def test_an_instant_needs_its_zone(instant: str) -> None:
    assert _refused(_text(occurred_at=instant)) == ("INVALID_FIELD", "occurred_at")


@pytest.mark.parametrize("title", ["nul \x00 inside", "half \ud800 of a pair"])
def test_a_text_that_the_log_could_not_keep_is_refused(title: str) -> None:
    assert _refused(_text(_line(title_shown=title)))[0] == "INVALID_FIELD"


@pytest.mark.parametrize("text", ["nul \x00 inside", "half \ud800 of a pair"])
def test_such_a_text_is_refused_in_an_item_of_a_batch_too(text: str) -> None:
    data = {"authority": "T-1", "payment_ref": "P-1", "market": text, "amount": "CNY 1.00"}
    with pytest.raises(Malformed):
        command_in_item({"command": "record_tax_remitted", "id": "c-1", "data": data}, MENU, actor=Actor(**ACTOR))


@pytest.mark.parametrize(
    "text",
    [
        b'["1e5"]', b"[1E+400]", b"[-1.5e-05]", b'[".5e3"]', b'["1e1_0"]', b"[1234567890123456]", rb'["\u0000"]',
        rb'["\ud800"]', rb'{"currenc\u0079": "XXQ"}', b'{"currency": "XXQ"}', b'{"currency" :"xxq"}',
        rb'["\n1e400"]', rb'["\u20031e5"]', rb'["\uff11e5"]', rb'["1e\uff15"]', '["1e５"]'.encode(),
    ],
)  # fmt: skip
def test_a_body_with_a_doubtful_value_is_not_plain(text: bytes) -> None:
    assert not is_plain(text)


@pytest.mark.parametrize("id", ["550e8400-e29b-41d4-a716-446655440e10", "order-7e", "1e5-second"])
def test_a_body_with_ids_and_known_currencies_is_plain(id: str) -> None:
    assert is_plain(_text(_line(line_id=id)))


@pytest.mark.parametrize("hostile", [b"1." * 500_000, b"1_" * 500_000, b"-1" * 500_000, b"7" * 15 + b"x7" * 500_000])
def test_no_body_makes_the_look_at_it_slow(hostile: bytes) -> None:
    started = process_time()
    assert is_plain(b'["' + hostile + b'"]')
    assert process_time() - started < 5


@pytest.mark.parametrize("value", ["\n1e400", "\t-1E+400", "\u20031e400", "\uff11e400", "1e\uff14\uff10\uff10"])
def test_a_rate_that_cannot_be_kept_is_refused_alone_and_in_a_batch(value: str) -> None:
    data = ORDER | {"reference_rate": RATE | {"value": value}}
    assert _refused(_text(data))[0] == "INVALID_FIELD"
    item = {"command": "place_order", "id": "c-1", "data": data}
    with pytest.raises(Malformed):
        command_in_item(item, MENU, actor=Actor(**ACTOR), is_plain=is_plain(json.dumps(item).encode()))


def test_an_amount_beyond_what_json_holds_exactly_is_refused() -> None:
    assert _refused(_text(_line(unit_list={"currency": "CNY", "minor": 2**60})))[0] == "INVALID_FIELD"


def test_personal_values_come_in_clear_and_never_in_a_box() -> None:
    assert _refused(_text(ORDER | {"ship_to": {"box": "AAAA", "subject": "B-2"}})) == ("INVALID_FIELD", "data.ship_to")


def test_a_complaint_never_repeats_a_personal_value() -> None:
    with pytest.raises(Malformed) as caught:
        parse_command(_text(ORDER | {"ship_to": {"name": ["Avery Whitfield"]}}), MENU)
    assert "Whitfield" not in str(caught.value)


def test_a_complaint_says_whose_it_is() -> None:
    with pytest.raises(Malformed) as caught:
        parse_command(_text(_line(qty=0)), MENU)
    assert (caught.value.command, caught.value.id) == ("place_order", "c-1")


# What only a library, a programmer or a regular expression would say.
NOT_PLAIN = re.compile(r"\^|\$$|\(\?|\\[dws]|[Ii]nput|[Vv]alid |pydantic|tuple|dictionary|\bNone\b|instance of|type=")
WRONG: tuple[Any, ...] = (None, "", "two words", "x" * 400, -1, 1.5, True, [], [1], {}, {"a": 1})


@pytest.mark.parametrize("name", MENU | PROPOSABLE)
def test_whatever_is_wrong_with_a_command_is_said_in_plain_words(name: str) -> None:
    kind = (MENU | PROPOSABLE)[name].command
    said = {words for field in kind.model_fields for wrong in WRONG for words in _complaints(kind, {field: wrong})}
    assert "it is missing" in said
    assert [words for words in said if NOT_PLAIN.search(words)] == []


def _complaints(kind: type[Command], data: dict[str, Any]) -> list[str]:
    try:
        kind.model_validate({"id": "c-1", "actor": ACTOR} | data)
    except ValidationError as error:
        return [words_of(detail, shows_value=True) for detail in error.errors()]
    return []


def test_a_word_that_is_none_says_which_value_it_is() -> None:
    with pytest.raises(Malformed) as caught:
        parse_command(_text(ORDER | {"order_id": "two words"}), MENU)
    assert caught.value.sentence == (
        'it should be one word of at most 64 letters, digits and . _ : @ + -, such as O-1042, not "two words"'
    )


def test_a_personal_value_is_not_shown_whatever_is_wrong_with_it() -> None:
    with pytest.raises(Malformed) as caught:
        parse_command(_text(ORDER | {"ship_to": "Avery Whitfield"}), MENU)
    assert "Avery" not in caught.value.sentence


LONG = "9" * 5_000
PAYMENT: dict[str, Any] = {"psp": "stripe", "capture_ref": "c", "amount": "USD 1.00"}


@pytest.mark.parametrize(
    "changed",
    [
        {"command": LONG}, {"id": LONG}, {LONG: 1}, {"actor": {"kind": LONG, "id": "a"}}, {"occurred_at": LONG},
        {"data": PAYMENT | {"amount": f"USD {LONG}"}}, {"data": PAYMENT | {"amount": f"{LONG} 1.00"}},
        {"data": PAYMENT | {"amount": {"currency": "USD", "amount": LONG}}}, {"data": PAYMENT | {LONG: 1}},
        {"data": PAYMENT | {"psp": LONG}}, {"data": PAYMENT | {"amount": {"currency": LONG, "minor": 1}}},
    ],
    ids=lambda changed: str(changed)[:60],
)  # fmt: skip
def test_no_sentence_repeats_a_long_value(changed: dict[str, Any]) -> None:
    line = {"command": "report_unmatched_payment", "id": "n", "actor": {"kind": "partner", "id": "p"}, "data": PAYMENT}
    with pytest.raises(Malformed) as caught:
        parse_command(json.dumps(line | changed).encode(), MENU)
    said = caught.value
    assert len(said.sentence) + len(said.field) + len(said.command) + len(said.id) < 1_000
