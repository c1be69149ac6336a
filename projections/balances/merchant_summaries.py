"""What a merchant has, with what may still be taken of it and when more comes: balances, open cases, next release."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from ledger.fx import CNY
from ledger.log.directory import PLATFORM_BOOK
from ledger.money import Money
from projections.balances.balances import NOW, AsOf, MerchantBalance, balances
from projections.balances.due_releases import next_releases
from projections.balances.open_claims import amounts_in_open_cases
from projections.engine.views import Held, Vector, Views


@dataclass(frozen=True, slots=True)
class MerchantSummary(MerchantBalance):
    """A balance and what is to come of it (domain §4.4).

    `open_cases_amount` is at list price, and is not paid out while the cases are open. `next_release_at` is when the
    first signed units that are not released fall due, or fell due where their release is overdue; a case, hold or
    dispute may block them. It is reported now only, not of the past.
    """

    open_cases_amount: Money
    next_release_at: datetime | None


@dataclass(frozen=True, slots=True)
class MerchantSummaries:
    """Standings by merchant, and the positions of the books they are of, with what the views leave out."""

    merchants: tuple[MerchantSummary, ...]
    vector: Held


def merchant_summaries(
    views: Views, timepoint: AsOf = NOW, *, now: datetime, merchant: str | None = None
) -> MerchantSummaries:
    """Every merchant that ever had money, or this one. A book in which a view has stopped is answered as far as it has
    come, and the answer says so. Raises `ViewBehind`; ValueError for an instant to come."""
    found = balances(views, timepoint, merchant=merchant)
    books = _books_of(views, merchant, found.vector)
    known = {book: found.vector[book] for book in books}
    in_cases, of_cases = amounts_in_open_cases(views, known, timepoint, merchant=merchant)
    is_now = timepoint.as_of is None and timepoint.as_known_at is None and timepoint.at is None
    coming, of_releases = next_releases(views, now=now, at_least=known, merchant=merchant) if is_now else ({}, Held({}))
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


def _books_of(views: Views, merchant: str | None, vector: Vector) -> set[int]:
    """The books that the answer rests on: all of them, or the merchant's own and the platform's, which has policies."""
    book = views.directory.known_book_of(merchant) if merchant else None
    return set(vector) if book is None else {PLATFORM_BOOK, book} & set(vector)
