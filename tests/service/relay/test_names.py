"""Subjects: safe, one for each merchant and type, and never the same for two merchants."""

from __future__ import annotations

import re
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import RowMapping

from ledger.events.event import EVENTS
from projections.engine.changes import Change
from projections.registry import PROJECTIONS
from redledger.broker_readings import merchant_token
from service.relay.names import PLATFORM, Names, token

SAFE = re.compile(r"[^\s.*>]+")


@given(st.text(min_size=1))
def test_every_text_is_one_token(text: str) -> None:
    assert SAFE.fullmatch(token(text))


@given(st.text(), st.text())
def test_two_texts_are_two_tokens(one: str, other: str) -> None:
    assert (token(one) == token(other)) is (one == other)


@pytest.mark.parametrize(("merchant", "expected"), [("M-1042", "M-1042"), ("M.1", "M%2E1"), ("a:b@c+d_e", "a:b@c+d_e")])
def test_an_id_stays_readable(merchant: str, expected: str) -> None:
    assert token(merchant) == expected


def test_every_type_is_two_tokens() -> None:
    assert [type for type, _ in EVENTS if not re.fullmatch(r"[a-z0-9_]+\.[a-z0-9_]+", type)] == []


def test_no_merchant_has_the_token_of_the_platform() -> None:
    assert PLATFORM == "-", "an id begins with a letter or a digit"


@given(st.text())
def test_a_reader_names_a_merchant_as_the_relay_does(merchant: str) -> None:
    assert merchant_token(merchant) == token(merchant)


@pytest.mark.parametrize("letters", [10, 1_000])
def test_rows_with_different_keys_have_different_subjects_however_long_they_are(letters: int) -> None:
    (table, *_) = PROJECTIONS["merchant_balances"].tables

    def subject(text: str) -> str:
        row = dict.fromkeys(table.key, "x") | {"merchant": "M-1", table.key[-1]: text}
        return Names("redledger").row_subject("merchant_balances", Change(table, 1, 1, cast(RowMapping, row)))

    subjects = [subject(letters * "é" + end) for end in ("", "a", "b")]
    assert len(set(subjects)) == 3
    assert all(len(each) < 400 for each in subjects)
