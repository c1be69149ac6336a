"""Messages about invalid values are plain sentences without patterns and without words of Python or pydantic."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError, core_schema

from commands.fields import CountryCode, CurrencyCode, LocaleTag, Reason, Sha256
from ledger.ids import Id, PayoutId
from ledger.instants import Day, Duration, Instant, Month, read_day, read_instant, read_month
from ledger.money import Money
from ledger.numbers import Quantity
from ledger.validation_messages import complaint, read_as, words_of

MONEY = 'write money as {"currency": "USD", "minor": 6944}, {"currency": "USD", "amount": "69.44"} or "USD 69.44"'
NOT_PLAIN = re.compile(r"\^|\$$|\[|\(\?|\\|[Ii]nput|[Vv]alid|pydantic|tuple|dict|\bNone\b|\{|validation error|type=")


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Id


class Everything(BaseModel):
    """One field of each type that commands and settings have."""

    model_config = ConfigDict(extra="forbid")

    word: Id = "a"
    code: Reason = "a"
    payout: PayoutId = "a"
    country: CountryCode = "CN"
    currency: CurrencyCode = "CNY"
    locale: LocaleTag = "en"
    digest: Sha256 = "0" * 64
    month: Month = "2025-04"
    day: Day = date(2025, 4, 1)
    plain_day: date = date(2025, 4, 1)
    at: Instant | None = None
    plain_at: AwareDatetime | None = None
    duration: Duration = timedelta(1)
    plain_duration: timedelta = timedelta(1)
    qty: Quantity = 1
    number: int = Field(1, ge=1, le=5)
    between: int = Field(1, gt=0, lt=9)
    ratio: Decimal = Decimal(1)
    share: float = 0.0
    flag: bool = False
    kind: Literal["store", "live"] = "store"
    colour: Colour = Colour.RED
    text: Annotated[str, Field(min_length=2, max_length=3)] = "ab"
    amount: Money = Money(0, "CNY")
    inner: Inner = Inner(name="a")
    inners: tuple[Inner, ...] = Field((), max_length=1)
    items: list[str] = []
    names: dict[str, str] = {}
    some: frozenset[str] = frozenset()


WRONG: tuple[Any, ...] = (
    None,
    "",
    "two words",
    "x" * 500,
    -1,
    0,
    10**30,
    1.5,
    float("inf"),
    True,
    [],
    [1, 2, 3],
    {},
    {"a": 1},
    b"\xff",
    object(),
)


@pytest.mark.parametrize("field", Everything.model_fields)
def test_whatever_is_wrong_with_a_field_is_said_in_plain_words(field: str) -> None:
    for value in WRONG:
        try:
            Everything.model_validate({field: value})
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                words = words_of(detail)
                assert not NOT_PLAIN.search(words.replace(MONEY, "")), (value, words)
                assert not words[0].isupper(), words


def test_a_field_that_is_not_known_is_named() -> None:
    with pytest.raises(ValidationError) as caught:
        Everything.model_validate({"color": 1})
    assert complaint(caught.value) == "color: there is no such field"


def test_a_word_says_what_it_may_be_made_of_and_which_value_is_not() -> None:
    with pytest.raises(ValidationError) as caught:
        Everything.model_validate({"word": "two words"})
    assert complaint(caught.value, shows_value=True) == (
        'word: it should be one word of at most 64 letters, digits and . _ : @ + -, such as O-1042, not "two words"'
    )


def test_of_a_value_that_can_be_written_in_several_ways_the_field_alone_is_named() -> None:
    with pytest.raises(ValidationError) as caught:
        Everything.model_validate({"amount": "much"})
    assert complaint(caught.value) == f"amount: {MONEY}"


def test_a_value_is_shown_only_where_it_is_asked_for() -> None:
    with pytest.raises(ValidationError) as caught:
        Everything.model_validate({"word": "two words"})
    assert "two words" not in complaint(caught.value)


def test_a_choice_names_what_there_is_to_choose() -> None:
    with pytest.raises(ValidationError) as caught:
        Everything.model_validate({"kind": "shop"})
    assert complaint(caught.value, shows_value=True) == 'kind: it should be store or live, not "shop"'


@pytest.mark.parametrize("read", [read_instant, read_day, read_month])
def test_what_is_read_outside_of_a_model_is_refused_in_the_same_words(read: Any) -> None:
    with pytest.raises(ValueError, match=r"such as|as in") as caught:
        read("yesterday")
    assert not isinstance(caught.value, ValidationError)


def test_an_error_that_nobody_has_words_for_shows_no_pattern() -> None:
    def fail(_: Any) -> Any:
        raise PydanticCustomError("new_kind", "String should match pattern '^a$'")

    schema = core_schema.no_info_plain_validator_function(fail)

    class New:
        @classmethod
        def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
            return schema

    with pytest.raises(ValueError, match=r"^it is not written as it should be$"):
        read_as(TypeAdapter(New), 1)


@pytest.mark.parametrize("kind", [Id, CountryCode, Instant, Literal["a", "b"], dict[str, int]])
def test_a_message_about_any_value_can_be_written_in_utf_8(kind: Any) -> None:
    for value in ("M\ud800", {"\udfff": "\ud800"}):
        with pytest.raises(ValueError, match=r"it|instant") as refused:
            read_as(TypeAdapter(kind), value)
        assert str(refused.value).encode()
