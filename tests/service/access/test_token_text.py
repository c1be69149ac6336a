"""The text of tokens: recognisable, checked before anything is read, and never stored."""

from __future__ import annotations

import re

import pytest

from service.access.token_text import CODE, TOKEN, digest_of, id_from, id_in, new_token


def test_a_token_is_recognisable_and_says_its_id() -> None:
    made = new_token()
    assert re.fullmatch("rlk_[0-9A-Za-z]{61}", made.text)
    assert id_in(made.text) == made.token_id


def test_no_two_tokens_are_the_same() -> None:
    assert len({new_token().text for _ in range(100)}) == 100


def test_the_text_is_in_no_representation_of_the_token() -> None:
    made = new_token()
    assert made.text not in repr(made)
    assert made.digest == digest_of(made.text)


@pytest.mark.parametrize("place", range(65))
def test_a_wrong_letter_anywhere_is_no_token(place: int) -> None:
    text = new_token().text
    wrong = "1" if text[place] == "0" else "0"
    assert id_in(text[:place] + wrong + text[place + 1 :]) is None


@pytest.mark.parametrize("text", ["", "rlk_", "Bearer", "rlk_" + "a" * 61, "r" * 100_000, "rlk_" + "\u0660" * 61])
def test_what_has_another_form_is_no_token(text: str) -> None:
    assert id_in(text) is None


def test_a_code_is_no_token_and_a_token_is_no_code() -> None:
    assert id_in(new_token(CODE).text, TOKEN) is None
    assert id_in(new_token(TOKEN).text, CODE) is None


def test_a_code_stands_for_one_token_id() -> None:
    assert id_from("a", "bc") == id_from("a", "bc") != id_from("a", "bd")
    assert re.fullmatch("[0-9A-Za-z]{12}", id_from("a", "bc"))
