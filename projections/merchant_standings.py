"""What a merchant has, with what may still be taken of it and when more comes: balances, open cases, next release."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from ledger.fx import CNY
from ledger.money import Money
from projections.balances import NOW, MerchantBalance, Moment, balances
from projections.due_releases import next_releases
from projections.engine.reading import Views
from projections.open_claims import amounts_in_open_cases


@dataclass(frozen=True, slots=True)
class MerchantStanding(MerchantBalance):
    """A balance and what is to come of it (domain §4.4).

    `open_cases_amount` is at list price, and is not paid out while the cases are open. `next_release_at` is when the
    first signed units that are not released fall due, or fell due where their release is overdue; a case, hold or
    dispute may block them. It is told of now only, not of the past.
    """

    open_cases_amount: Money
    next_release_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standings:
    """Standings by merchant, and the positions of the books they are of."""

    merchants: tuple[MerchantStanding, ...]
    vector: dict[int, int]


def merchant_standings(views: Views, moment: Moment = NOW, *, now: datetime, merchant: str | None = None) -> Standings:
    """Every merchant that ever had money, or this one. Raises `ViewBehind`; ValueError for an instant to come."""
    found = balances(views, moment, merchant=merchant)
    in_cases = amounts_in_open_cases(views, found.vector, moment, merchant=merchant)
    is_now = moment.as_of is None and moment.as_known_at is None and moment.at is None
    coming = next_releases(views, now=now, at_least=found.vector, merchant=merchant) if is_now else {}
    return Standings(
        tuple(
            MerchantStanding(
                **{field.name: getattr(balance, field.name) for field in fields(balance)},
                open_cases_amount=in_cases.get(balance.merchant, Money.zero(CNY)),
                next_release_at=coming.get(balance.merchant),
            )
            for balance in found.merchants
        ),
        found.vector,
    )
