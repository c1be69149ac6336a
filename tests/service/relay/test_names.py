"""Subjects: safe, one for each merchant and type, and never the same for two merchants."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.events.event import EVENTS
from service.relay.names import PLATFORM, token

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
