"""The search for orders, parcels and money by their references."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.failures import UnknownValue
from service.questions.parameters import MERCHANT, Parameter
from service.questions.question import BUYERS, Question
from service.tables import tables

if TYPE_CHECKING:
    from projections.search.search import Searcher
    from service.questions.asked import Asked
    from service.questions.reader import Reader


def _search(asked: Asked) -> Any:
    from projections.search.search import search
    from service.questions.asked import Summarised
    from service.questions.shapes import summary_of

    wanted = asked["q"].strip()
    if not wanted or not wanted.isprintable():
        raise UnknownValue("q", "The text is empty or has a control character. Give an id or a reference.")
    found = search(asked.views, wanted, by=_searcher(asked.reader), merchant=asked["merchant"])
    return Summarised(found.things, summary_of(found))


def _searcher(reader: Reader | None) -> Searcher:
    from projections.search.search import Searcher

    if reader and reader.buyer is not None:
        return Searcher("buyer", reader.buyer)
    return Searcher("merchant", reader.merchant) if reader and reader.merchant is not None else Searcher()


QUESTIONS = (
    Question(
        name="search",
        group="search",
        path="/search",
        says="Search for orders, parcels, payments, refunds, payouts and more by an id or a reference, or by a part of "
        "one; the best match first.\n\nUpper and lower case are the same. A part has at least three letters; a shorter "
        "text finds what is equal to it or begins with it. A merchant finds its own things, a buyer its own orders and "
        "parcels. At most 50 things are shown; `summary` says if there are more.",
        find=_search,
        answer="projections.search.search:Thing",
        summary="service.questions.shapes:FoundSummary",
        readers=BUYERS,
        of_positions=True,
        views=("search_references",),
        own_parameters=(
            Parameter(
                name="q",
                says="Id or reference, or a part of it: of an order, checkout, buyer, parcel, return, payment, refund, "
                "dispute, payout, statement, settlement batch or unmatched item.",
                argument=True,
                required=True,
            ),
            MERCHANT,
        ),
        folds=True,
        folds_only_of=("merchant",),
        listed=True,
        table=tables.FOUND,
    ),
)
