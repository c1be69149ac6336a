"""Search for things by a reference or a part of one, as far as somebody may find them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import text

from projections.engine.tables import with_words
from projections.engine.views import Opened, Views
from projections.search.references import (
    REFERENCES,
    SEARCHED,
    Audience,
    Kind,
    SearchReferences,
    few_parts_of,
    folded,
    merchant_word,
)

Match = Literal["exact", "prefix", "part"]
MOST_FOUND = 50
_MOST_ROWS = 500  # of one match: several references may name one thing
_AUDIENCES, _KINDS, _MATCHES = get_args(Audience), get_args(Kind), get_args(Match)


@dataclass(frozen=True, slots=True)
class Searcher:
    """Somebody who searches: the staff everything, a merchant its own things, a buyer its own orders and parcels.

    `scope` is the merchant or the buyer.
    """

    audience: Audience = "staff"
    scope: str = ""

    @property
    def fields(self) -> list[str]:
        """The fields that may be searched: those of the own audience and of the narrower ones."""
        open_to = _AUDIENCES[: _AUDIENCES.index(self.audience) + 1]
        return sorted({each.field for each in SEARCHED if each.audience in open_to})


@dataclass(frozen=True, slots=True)
class Thing:
    """Something found. `field` is the field that matched, `reference` its value, and `match` how it matched.

    `merchant` and `order_id` say where it belongs; '' if it belongs to none. `event_id` is the first event that named
    the reference.
    """

    kind: Kind
    id: str
    merchant: str
    order_id: str
    field: str
    reference: str
    match: Match
    event_id: str


@dataclass(frozen=True, slots=True)
class Found:
    """The things found, the best first. `cut` is true if there is more."""

    things: tuple[Thing, ...]
    cut: bool


# Every index but that of the parts starts with the book: the first rows of each book, then of all.
_BY_BOOK = """
SELECT p.* FROM {each_book} AS b CROSS JOIN LATERAL (
    SELECT * FROM {references} r
    WHERE r.book = b.book AND r.book = ANY(:books) AND {which} AND NOT r.deleted AND {whose}
    ORDER BY r.folded, r.field, r.id LIMIT :most
) p ORDER BY p.folded, p.field, p.id, p.merchant LIMIT :most"""
_PARTS = """
SELECT * FROM {references} r
WHERE {with_parts} AND position(:asked IN r.folded) > 1 AND r.book = ANY(:books) AND NOT r.deleted AND {whose}
LIMIT :most"""
_OF_BUYER = """
SELECT r.* FROM {references} o JOIN {references} r USING (book, merchant, order_id)
WHERE o.book = ANY(:books) AND o.folded = :folded_buyer AND o.field = 'buyer_ref' AND o.reference = :buyer
  AND NOT o.deleted AND NOT r.deleted AND r.order_id <> '' AND r.field = ANY(:fields)
  AND position(:asked IN r.folded) > 0 LIMIT :most"""
_EXACT, _PREFIX = "r.folded = :asked", "r.folded > :asked AND r.folded < :beyond"
_LAST = "\U0010ffff"  # no reference has this letter


def search(views: Views, asked: str, *, by: Searcher = Searcher(), merchant: str | None = None) -> Found:
    """Returns things whose reference is, begins with or contains the text, in this order, without regard to case.

    `merchant` limits the search to one merchant; a merchant itself always searches its own things. Parts are searched
    if the text has three letters, and if what begins with it is not too much already. Raises `ViewBehind`.
    """
    wanted = folded(asked)
    merchant = by.scope if by.audience == "merchant" else merchant

    def query(opened: Opened) -> Found:
        things: dict[tuple[str, ...], Thing] = {}
        cut = False
        for rows in _matches(opened, wanted, by, merchant):
            cut = cut or len(rows) == _MOST_ROWS
            for thing in sorted((_thing(row, wanted) for row in rows), key=_best_first):
                things.setdefault((thing.kind, thing.id, thing.merchant, thing.order_id), thing)
            if len(things) > MOST_FOUND:
                break
        return Found(tuple(things.values())[:MOST_FOUND], cut or len(things) > MOST_FOUND)

    return views.read(SearchReferences(), query)


def _matches(opened: Opened, wanted: str, by: Searcher, merchant: str | None) -> Iterator[list[Any]]:
    """Yields the rows of each match, the best first."""
    words = few_parts_of(wanted)
    values: dict[str, Any] = {"books": list(opened.vector), "asked": wanted, "beyond": wanted + _LAST}
    values |= {"fields": by.fields, "merchant": merchant, "buyer": by.scope, "folded_buyer": folded(by.scope)}
    values["words"] = words + ([] if merchant is None else [merchant_word(merchant)])

    def rows(statement: str, **more: str) -> list[Any]:
        whose = ["true" if by.audience == "staff" else "r.field = ANY(:fields)"]
        whose += [] if merchant is None else ["r.merchant = :merchant"]
        named = {"each_book": opened.generation.each_book, "references": opened.generation.stored_name(REFERENCES)}
        named["whose"] = " AND ".join(whose)
        found = opened.connection.execute(text(statement.format(**named, **more)), values | {"most": _MOST_ROWS})
        return list(found.mappings())

    if by.audience == "buyer":
        yield [row for row in rows(_OF_BUYER) if merchant in (None, row["merchant"])]
        return
    yield rows(_BY_BOOK, which=_EXACT)
    yield rows(_BY_BOOK, which=_PREFIX)
    if words:
        yield rows(_PARTS, with_parts=with_words("r.parts", "words"))


def _best_first(thing: Thing) -> tuple[Any, ...]:
    shown = folded(thing.reference)
    return _MATCHES.index(thing.match), shown, _KINDS.index(thing.kind), thing.field, thing.merchant, thing.id


def _thing(row: Any, wanted: str) -> Thing:
    found: str = row["folded"]
    match: Match = "exact" if found == wanted else "prefix" if found.startswith(wanted) else "part"
    names = ("kind", "id", "merchant", "order_id", "field", "reference", "event_id")
    return Thing(match=match, **{name: row[name] for name in names})
