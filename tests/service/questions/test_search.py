"""Search over the small trading month: everybody finds what is theirs by any reference of it, and nothing else."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from sqlalchemy import text

from projections.search.references import REFERENCES, SEARCHED, Kind, SearchReferences
from projections.search.search import MOST_FOUND, Searcher, Thing, search
from service.app import App
from service.failures import UnknownValue
from service.questions.asked import Answer, answer_to
from service.questions.question import Role
from service.questions.reader import Reader
from service.questions.registry import QUESTIONS

STAFF: tuple[Role, ...] = ("admin", "finance", "support", "auditor", "service")
OF_A_BUYER = {"order_id", "parcel_id", "tracking_no"}
HOSTILE = [
    "%",
    "_",
    "%%%",
    "___",
    "\\",
    "'",
    "' OR true --",
    "{1}",
    "(?:.*)",
    "２０２５",
    "\u202e2025",
    "ı",
    "\U0010ffff",
]


def searched(app: App, q: str, role: Role | None = None, scope: str | None = None, **more: Any) -> Answer:
    reader = Reader(role, scope) if role else None
    values = {each.name: each.default for each in QUESTIONS["search"].parameters} | {"q": q} | more
    return answer_to(QUESTIONS["search"], app, values, reader=reader)


def things(app: App, q: str, role: Role | None = None, scope: str | None = None) -> list[Thing]:
    found: list[Thing] = searched(app, q, role, scope).data
    return found


@pytest.fixture(scope="module")
def rows(month_app: App) -> list[Any]:
    """Every row of the view."""

    def query(opened: Any) -> list[Any]:
        stored = opened.generation.stored_name(REFERENCES)
        return list(opened.connection.execute(text(f"SELECT * FROM {stored}")).mappings())

    return month_app.views.read(SearchReferences(), query)


@pytest.fixture(scope="module")
def buyer_of(rows: list[Any]) -> dict[tuple[str, str], str]:
    """The buyer of each order, by merchant and order."""
    return {(row["merchant"], row["order_id"]): row["reference"] for row in rows if row["field"] == "buyer_ref"}


@pytest.mark.parametrize("field", sorted({each.field for each in SEARCHED}))
def test_a_thing_of_the_month_is_found_first_by_each_of_its_references(
    month_app: App, rows: list[Any], field: str
) -> None:
    row = next(row for row in rows if row["field"] == field)
    same = [found for found in things(month_app, row["reference"]) if found.match == "exact"]
    assert (row["kind"], row["id"]) in {(found.kind, found.id) for found in same}


def test_the_month_has_every_kind_of_thing(rows: list[Any]) -> None:
    assert {row["kind"] for row in rows} == set(get_args(Kind))


def test_an_order_is_found_by_the_end_of_its_id(month_app: App, rows: list[Any]) -> None:
    order = next(row["reference"] for row in rows if row["field"] == "order_id")
    assert order in {found.order_id for found in things(month_app, order[-4:])}


def test_case_does_not_matter(month_app: App, rows: list[Any]) -> None:
    row = next(row for row in rows if row["field"] == "tracking_no")
    assert things(month_app, row["reference"].swapcase()) == things(month_app, row["reference"])


def test_what_is_equal_comes_before_what_begins_and_what_contains(month_app: App, rows: list[Any]) -> None:
    order = next(row["reference"] for row in rows if row["field"] == "order_id")
    matches = [found.match for found in things(month_app, order)]
    assert matches == sorted(matches, key=["exact", "prefix", "part"].index)
    assert matches[0] == "exact"


def test_one_thing_is_shown_once(month_app: App, rows: list[Any]) -> None:
    order = next(row["reference"] for row in rows if row["field"] == "order_id")
    places = [(found.kind, found.id, found.merchant, found.order_id) for found in things(month_app, order[:6])]
    assert len(places) == len(set(places))


def test_too_many_things_are_cut_with_a_sentence(month_app: App) -> None:
    cut = searched(month_app, "p")
    assert (len(cut.data), cut.summary.cut) == (MOST_FOUND, True)
    assert "there are more" in cut.summary.sentence


def test_nothing_is_said_plainly(month_app: App) -> None:
    assert searched(month_app, "nobody-has-this").summary.sentence.startswith("Nothing has this reference.")


@pytest.mark.parametrize("q", HOSTILE)
def test_a_hostile_text_is_matched_letter_by_letter(month_app: App, rows: list[Any], q: str) -> None:
    if not q.isprintable():
        with pytest.raises(UnknownValue):
            searched(month_app, q)
        return
    holders = {row["reference"] for row in rows if q.lower() in row["reference"].lower()}
    assert {found.reference for found in things(month_app, q)} <= holders


@pytest.mark.parametrize("q", ["", " ", "\0", "a\0b", "a\nb", "\ud800"])
def test_a_text_without_letters_or_with_a_control_character_is_refused(month_app: App, q: str) -> None:
    with pytest.raises(UnknownValue, match="control character"):
        searched(month_app, q)


@pytest.mark.parametrize("role", STAFF)
def test_the_staff_finds_the_buyer(month_app: App, buyer_of: dict[tuple[str, str], str], role: Role) -> None:
    buyer = next(iter(buyer_of.values()))
    orders = {place for place, of in buyer_of.items() if of == buyer}
    assert orders <= {(found.merchant, found.order_id) for found in things(month_app, buyer, role)}


def test_a_merchant_finds_its_own_things_only(month_app: App, rows: list[Any]) -> None:
    allowed = {each.field for each in SEARCHED if each.audience != "staff"}
    merchant = next(row["merchant"] for row in rows if row["field"] == "payout_id")
    for row in rows:
        found = things(month_app, row["reference"], "merchant", merchant)
        assert {each.merchant for each in found} <= {merchant}
        assert {each.field for each in found} <= allowed
        if row["merchant"] == merchant and row["field"] in allowed:
            assert (row["kind"], row["id"]) in {(each.kind, each.id) for each in found}


@pytest.mark.parametrize("named", ["itself", "another", None])
def test_a_search_for_a_merchant_finds_its_own_things_whatever_merchant_is_named(
    month_app: App, rows: list[Any], named: str | None
) -> None:
    payouts = {row["merchant"]: row["reference"] for row in rows if row["field"] == "payout_id"}
    own, other = sorted(payouts)[:2]
    merchant = {"itself": own, "another": other, None: None}[named]
    found = [search(month_app.views, q, by=Searcher("merchant", own), merchant=merchant) for q in payouts.values()]
    assert {each.merchant for one in found for each in one.things} == {own}


def test_a_search_for_a_merchant_without_a_name_finds_nothing_of_a_merchant(month_app: App, rows: list[Any]) -> None:
    payout = next(row["reference"] for row in rows if row["field"] == "payout_id")
    assert not search(month_app.views, payout, by=Searcher("merchant")).things


def test_a_merchant_that_names_another_one_learns_nothing(month_app: App, rows: list[Any]) -> None:
    one, other = sorted({row["merchant"] for row in rows if row["merchant"]})[:2]
    sentences = set()
    for named in (other, "M-nobody"):
        with pytest.raises(UnknownValue) as refused:
            searched(month_app, "2", "merchant", one, merchant=named)
        sentences.add(str(refused.value).replace(named, "…"))
    assert len(sentences) == 1


def test_a_buyer_finds_its_own_orders_and_parcels_only(
    month_app: App, rows: list[Any], buyer_of: dict[tuple[str, str], str]
) -> None:
    named = (row for row in rows if row["field"] == "tracking_no" and row["order_id"])
    buyer = next(buyer_of[row["merchant"], row["order_id"]] for row in named)
    own = {place for place, of in buyer_of.items() if of == buyer}
    for row in rows:
        found = things(month_app, row["reference"], "buyer", buyer)
        assert {(each.merchant, each.order_id) for each in found} <= own
        assert {each.field for each in found} <= OF_A_BUYER
        if (row["merchant"], row["order_id"]) in own and row["field"] in OF_A_BUYER:
            assert row["id"] in {each.id for each in found}


def test_a_buyer_that_nobody_is_finds_nothing(month_app: App) -> None:
    assert not things(month_app, "2", "buyer", "B-nobody")
