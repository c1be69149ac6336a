"""Late parcels, and merchants to warn, at an instant: the promises and the facts about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import RowMapping, text

from ledger.policies.promise import Promise
from projections.engine.views import Opened, Vector, Views
from projections.keyset import Key, behind
from projections.worklists.overdue_to_warehouse import ORDERS, PARCELS, PROMISES, OverdueToWarehouse

State = Literal["not_dispatched", "in_domestic_transit", "late_received"]
PROJECTION = OverdueToWarehouse()


@dataclass(frozen=True, slots=True)
class Promised:
    """A parcel, or the unpacked rest of an order (`parcel_id` is ''), and its promised time."""

    merchant: str
    order_id: str
    parcel_id: str
    market: str
    promised_by: datetime
    warn_at: datetime
    dispatched_at: datetime | None
    received_at: datetime | None
    state: State
    late_by: timedelta

    @property
    def hours_late(self) -> int:
        """The delay in whole hours."""
        return self.late_by // timedelta(hours=1)


def overdue(
    views: Views,
    now: datetime,
    *,
    merchant: str | None = None,
    limit: int | None = None,
    after: Key | None = None,
    at_least: Vector | None = None,
    timeout_s: float = 5.0,
) -> tuple[Promised, ...]:
    """Returns the parcels and orders past their promise after the key `after`, the first promise first. Raises
    `ViewBehind`."""

    def query(opened: Opened) -> tuple[Promised, ...]:
        return tuple(_read(opened, _LATE, now, merchant, after, limit))

    return views.read(PROJECTION, query, at_least=at_least, timeout_s=timeout_s)


def warnings(
    views: Views,
    now: datetime,
    *,
    merchant: str | None = None,
    limit: int | None = None,
    after: Key | None = None,
    at_least: Vector | None = None,
    timeout_s: float = 5.0,
) -> tuple[Promised, ...]:
    """Returns those that should be dispatched by now to be in time after the key `after`, the most urgent first. Raises
    `ViewBehind`."""

    def query(opened: Opened) -> tuple[Promised, ...]:
        found: list[Promised] = []
        last = after
        while read := _read(opened, _SOON, now, merchant, last, limit):
            found += [each for each in read if each.warn_at <= now]
            if limit is None or len(found) >= limit:
                break
            last = (read[-1].promised_by, read[-1].merchant, read[-1].order_id, read[-1].parcel_id)
        return tuple(found[:limit])

    return views.read(PROJECTION, query, at_least=at_least, timeout_s=timeout_s)


# An instant after `:now` has not happened yet. A parcel that was not dispatched counts only while its order is to be
# sent; a lost or returning one only if it had been received. The rest of an order that is not packed counts too.
_PROMISED = """
SELECT * FROM (
    SELECT o.merchant, o.order_id, p.parcel_id, o.market, o.placed_at, o.promised_by, p.dispatched_at, p.received_at,
           CASE WHEN {by_dispatch} THEN coalesce(p.dispatched_at, p.received_at) ELSE p.received_at END AS kept_at
    FROM {orders} o JOIN (
        SELECT book, merchant, order_id, parcel_id,
               CASE WHEN dispatched_at <= :now THEN dispatched_at END AS dispatched_at,
               CASE WHEN received_at <= :now THEN received_at END AS received_at,
               gone_at IS NOT NULL AND (found_at IS NULL OR found_at < gone_at) AS gone
        FROM {parcels} WHERE book = ANY(:books) AND NOT rejected AND units <> 0
    ) p ON p.book = o.book AND p.merchant = o.merchant AND p.order_id = o.order_id
    WHERE o.book = ANY(:books) AND NOT o.deleted AND {conditions}
      AND (p.received_at IS NOT NULL
           OR NOT p.gone AND (o.to_be_sent AND o.units > 0 OR p.dispatched_at IS NOT NULL))
    UNION ALL
    SELECT o.merchant, o.order_id, '', o.market, o.placed_at, o.promised_by, NULL, NULL, NULL FROM {orders} o
    WHERE o.book = ANY(:books) AND NOT o.deleted AND {conditions} AND o.to_be_sent AND o.units > o.packed
) AS promised
WHERE {which} AND {rest} ORDER BY promised_by, merchant, order_id, parcel_id LIMIT :limit"""
_ORDER = ("promised_by", "merchant", "order_id", "parcel_id")
# The days of the orders that may be in the list, and the rows that are.
_LATE = ("o.promised_by < :now", "coalesce(kept_at, :now) > promised_by")
_SOON = ("o.promised_by >= :now", "dispatched_at IS NULL AND kept_at IS NULL")


def _read(
    opened: Opened, which: tuple[str, str], now: datetime, merchant: str | None, after: Key | None, limit: int | None
) -> list[Promised]:
    policies = _policies(opened)
    of_orders, of_rows = which
    rest, key = behind(_ORDER, after)
    conditions = [of_orders, *(["o.merchant = :merchant"] if merchant else [])]
    if after is not None:
        conditions += ["o.promised_by >= :after_0"]
    kept = " ".join(f"WHEN o.placed_at >= :from_{turn} THEN :by_dispatch_{turn}" for turn, _ in enumerate(policies))
    statement = _PROMISED.format(
        orders=opened.generation.stored_name(ORDERS),
        parcels=opened.generation.stored_name(PARCELS),
        by_dispatch=f"CASE {kept} ELSE false END" if policies else "false",
        conditions=" AND ".join(conditions),
        which=of_rows,
        rest=rest,
    )
    values = {"books": list(opened.vector), "merchant": merchant, "now": now, "limit": limit} | key
    for turn, (effective_from, promise) in enumerate(policies):
        by_dispatch = promise.milestone == "merchant_dispatched"
        values |= {f"from_{turn}": effective_from, f"by_dispatch_{turn}": by_dispatch}
    return [_of(row, policies, now) for row in opened.connection.execute(text(statement), values).mappings()]


def _of(row: RowMapping, policies: Sequence[tuple[datetime, Promise]], now: datetime) -> Promised:
    placed_at, promised_by, kept_at = row["placed_at"], row["promised_by"], row["kept_at"]
    promise = next((policy for effective_from, policy in policies if effective_from <= placed_at), None)
    return Promised(
        merchant=row["merchant"],
        order_id=row["order_id"],
        parcel_id=row["parcel_id"],
        market=row["market"],
        promised_by=promised_by,
        warn_at=promise.warn_at(placed_at, promised_by) if promise else promised_by,
        dispatched_at=row["dispatched_at"],
        received_at=row["received_at"],
        state=_state(row["dispatched_at"], kept_at),
        late_by=max(timedelta(), (kept_at or now) - promised_by),
    )


def _state(dispatched_at: object, kept_at: object) -> State:
    if kept_at is not None:
        return "late_received"
    return "in_domestic_transit" if dispatched_at is not None else "not_dispatched"


def _policies(opened: Opened) -> list[tuple[datetime, Promise]]:
    """Returns all promise policies, the latest first; those beyond today's limits come last."""
    statement = f"""
        SELECT effective_from, content FROM {opened.generation.stored_name(PROMISES)}
        WHERE book = ANY(:books) AND NOT deleted ORDER BY effective_from DESC, version DESC"""
    found = opened.connection.execute(text(statement), {"books": list(opened.vector)})
    return Promise.in_turn((at, content) for at, content in found)
