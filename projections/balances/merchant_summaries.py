"""Summaries of merchants: balances, amounts in open cases, and the next release."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from ledger.fx import CNY
from ledger.ids import PLATFORM_BOOK
from ledger.money import Money
from projections.balances.balances import NOW, AsOf, MerchantBalance, balances, books_of
from projections.balances.due_releases import next_releases
from projections.balances.open_claims import amounts_in_open_cases
from projections.engine.views import Held, Vector, Views


@dataclass(frozen=True, slots=True)
class MerchantSummary(MerchantBalance):
    """A merchant's balances, its open cases and its next release (domain §4.4).

    `open_cases_amount` is at list price in CNY; it is not paid out while the cases are open. `next_release_at` is when
    the first signed, unreleased units fall due; it is in the past if the release is overdue. A case, hold or dispute
    may block them. It is None for a query about the past.
    """

    open_cases_amount: Money
    next_release_at: datetime | None


@dataclass(frozen=True, slots=True)
class MerchantSummaries:
    """Summaries by merchant, with the positions of the books and the books that the views leave out."""

    merchants: tuple[MerchantSummary, ...]
    vector: Held


def merchant_summaries(
    views: Views, timepoint: AsOf = NOW, *, now: datetime, merchants: list[str] | None = None
) -> MerchantSummaries:
    """Returns the summaries of these merchants, or of all that ever had money.

    A book whose view has stopped is read as far as it is folded, and the answer names it. Raises `ViewBehind`, and
    ValueError for an instant in the future.
    """
    found = balances(views, timepoint, merchants=merchants)
    books = _books_of(views, merchants, found.vector)
    known = {book: found.vector[book] for book in books}
    in_cases, of_cases = amounts_in_open_cases(views, known, timepoint, merchants=merchants)
    is_now = timepoint.as_of is None and timepoint.as_known_at is None and timepoint.at is None
    coming, of_releases = (
        next_releases(views, now=now, at_least=known, merchants=merchants) if is_now else ({}, Held({}))
    )
    left_out = (*found.vector.incomplete, *of_cases.incomplete, *of_releases.incomplete)
    return MerchantSummaries(
        tuple(
            MerchantSummary(
                **{field.name: getattr(balance, field.name) for field in fields(balance)},
                open_cases_amount=in_cases.get(balance.merchant, Money.zero(CNY)),
                next_release_at=coming.get(balance.merchant),
            )
            for balance in found.merchants
        ),
        Held(found.vector, [each for each in left_out if each.book in books]),
    )


def _books_of(views: Views, merchants: list[str] | None, vector: Vector) -> set[int]:
    """Returns the books behind the answer: all, or the merchants' and the platform's, which holds the policies."""
    books = books_of(views, merchants)
    return set(vector) if books is None else {PLATFORM_BOOK, *books} & set(vector)
