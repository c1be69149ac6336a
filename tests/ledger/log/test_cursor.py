"""A reader's token: opaque, comparable, and of no use to another ledger, epoch or view."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ledger.log.cursor import Cursor, CursorAhead, ForeignCursor, NotACursor
from ledger.log.identity import Identity

HERE = Identity("5b0c0a3e-0000-4000-8000-000000000001", 1, "Asia/Shanghai", datetime(2025, 1, 1, tzinfo=UTC))


def in_base64(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()


def at(view: str = "", **positions: int) -> Cursor:
    return Cursor.at({int(book[1:]): position for book, position in positions.items()}, HERE, view=view)


def test_a_token_brings_back_the_positions() -> None:
    cursor = at(b0=3, b16=12_345_678_901)
    assert Cursor.parse(cursor.token, HERE) == cursor


def test_a_token_goes_into_a_url_as_it_is() -> None:
    assert at(b0=3, b1=4).token.replace("-", "").replace("_", "").isalnum()


def test_a_book_at_the_beginning_need_not_be_named() -> None:
    assert at(b0=3, b1=0).token == at(b0=3).token


def test_a_cursor_has_seen_what_lies_before_it_in_every_book() -> None:
    assert at(b0=3, b1=5) >= at(b0=3, b1=4)


def test_a_cursor_that_is_behind_in_one_book_has_not() -> None:
    assert not at(b0=9, b1=3) >= at(b0=3, b1=4)


def test_a_book_that_is_not_named_is_at_its_beginning() -> None:
    assert not at(b0=9) >= at(b1=1)


def test_the_token_of_another_ledger_is_refused() -> None:
    with pytest.raises(ForeignCursor, match="another ledger"):
        Cursor.parse(at(b0=3).token, replace(HERE, ledger_id="other"))


def test_the_token_of_before_a_restore_is_refused() -> None:
    with pytest.raises(ForeignCursor, match="epoch 1"):
        Cursor.parse(at(b0=3).token, replace(HERE, epoch=2))


def test_the_token_of_a_view_is_no_token_of_the_log() -> None:
    with pytest.raises(ForeignCursor, match="merchant_balances@3"):
        Cursor.parse(at(b0=3, view="merchant_balances@3").token, HERE)


def test_the_token_of_an_older_version_of_a_view_is_refused() -> None:
    with pytest.raises(ForeignCursor, match="merchant_balances@3, not of merchant_balances@4"):
        Cursor.parse(at(b0=3, view="merchant_balances@3").token, HERE, view="merchant_balances@4")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "ü",
        *map(in_base64, ("{}", "not json", "[1]", '{"epoch":1,"ledger":"l","positions":{"a":1},"view":""}')),
    ],
)
def test_any_other_text_is_no_token(token: str) -> None:
    with pytest.raises(NotACursor):
        Cursor.parse(token, HERE)


def _tampered(positions: str) -> str:
    data = f'{{"epoch":1,"ledger":"{HERE.ledger_id}","positions":{positions},"view":""}}'
    return in_base64(data).rstrip("=")


@pytest.mark.parametrize(
    "positions",
    [
        '{"0":-3}',
        '{"0":0}',
        '{"0":3.0}',
        '{"0":true}',
        '{"0":"3"}',
        '{"+0":3}',
        '{"\u0661":3}',
        '{" 0":3}',
        '{"0":9223372036854775808}',
        '{"0":3, "1":4}',
        '{"0":3,"0":4}',
    ],
)
def test_a_token_that_was_tampered_with_is_no_token(positions: str) -> None:
    with pytest.raises(NotACursor):
        Cursor.parse(_tampered(positions), HERE)


def test_a_token_as_it_is_written_is_one() -> None:
    assert Cursor.parse(_tampered('{"0":3,"1":4}'), HERE) == at(b0=3, b1=4)


@pytest.mark.parametrize(
    ("heads", "said"), [({0: 2, 1: 9}, "position 3 of book 0, whose last is 2"), ({1: 9}, "book 0")]
)
def test_a_position_that_was_never_recorded_is_ahead(heads: dict[int, int], said: str) -> None:
    with pytest.raises(CursorAhead, match=said):
        at(b0=3).expect_recorded(heads)


def test_a_position_at_the_head_was_recorded() -> None:
    at(b0=3).expect_recorded({0: 3, 1: 0})
