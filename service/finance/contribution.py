"""A page of the contributions of orders with the sum of all orders, for the command line and HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from projections.accounting.order_contribution import Contribution, Contributions, contributions
from projections.balances.balances import AsOf
from projections.engine.views import Views
from service.questions.pages import Page, page_of


def contribution_page(
    views: Views,
    timepoint: AsOf,
    *,
    order: str | None,
    merchant: str | None,
    market: str | None,
    limit: int,
    after: str | None,
) -> tuple[Page[Contribution], Contributions]:
    """Returns the page and the whole answer it was cut from, in one read, so that the sum is of the same positions.

    Raises `UnknownValue` for a cursor that this list did not give, and every exception of `contributions`.
    """
    found: list[Contributions] = []

    def fetch(**part: Any) -> Sequence[Contribution]:
        found.append(contributions(views, timepoint, order=order, merchant=merchant, market=market, **part))
        return found[-1].orders

    page = page_of("contribution", fetch, limit=limit, after=after)
    return page, found[-1]
