"""A reader's token: opaque, comparable, and of no use to another ledger, epoch or view."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ledger.log.cursor import Cursor, ForeignCursor, NotACursor
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
