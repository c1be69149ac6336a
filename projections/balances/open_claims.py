"""Claims of open after-sales cases and disputes on each merchant's released money, now or as known at an instant."""

from __future__ import annotations

from pydantic import TypeAdapter
from sqlalchemy import Column, Date, text

from ledger.folds.open_claims import CLAIMING, OpenClaims
from ledger.fx import CNY
from ledger.ids import belongs_to
from ledger.money import Money
from projections.balances.balances import NOW, AsOf
from projections.engine.batch import Batch
from projections.engine.columns import minor_column, text_column
from projections.engine.projection import Projection
from projections.engine.tables import appended_table, kept_table
from projections.engine.vector import position_in
from projections.engine.views import Held, Opened, Vector, Views

ORDERS = kept_table(
    "claims_on_orders", text_column("merchant", key=True), text_column("order_id", key=True), text_column("claims")
)
MERCHANTS = kept_table("claims_on_merchants", text_column("merchant", key=True), minor_column("fen"))
CHANGES = appended_table(
    "claim_changes",
    text_column("merchant"),
    minor_column("fen"),  # the change of the claims by this event, in CNY fen
    minor_column("running_fen"),  # the claims after this event
    Column("accounting_date", Date, nullable=False),
    indexes=[("merchant", "position")],
)
_CLAIMS = TypeAdapter(OpenClaims)
_KNOWN = "unnest(CAST(:books AS integer[]), CAST(:positions AS bigint[])) AS v(book, position)"
_OF_BOOKS = "m.book = v.book AND m.book = ANY(:books)"  # the second alone says which servers are asked
_THE_MERCHANTS = "(CAST(:merchants AS text[]) IS NULL OR m.merchant = ANY(CAST(:merchants AS text[])))"
_AT_POSITION = f"""
SELECT m.merchant, c.running_fen FROM {{merchants}} m CROSS JOIN LATERAL (
    SELECT running_fen FROM {{changes}} c
    WHERE c.book = m.book AND c.merchant = m.merchant AND c.position <= {position_in("m.book")}
    ORDER BY c.position DESC LIMIT 1
) c WHERE m.book = ANY(:books) AND {_THE_MERCHANTS}
"""
_ON_DAY = f"""
SELECT m.merchant, sum(m.fen) FROM {_KNOWN}
JOIN {{changes}} m ON {_OF_BOOKS} AND m.position <= v.position AND m.accounting_date <= :as_of AND {_THE_MERCHANTS}
GROUP BY m.merchant
"""


class ClaimsOnMerchants(Projection):
    """Keeps the history of open claims by merchant.

    The merchant's account holds the same sum, as the guard of payouts.
    """

    name = "open_claims"
    version = 7
    tables = (ORDERS, MERCHANTS, CHANGES)
    events = CLAIMING

    def fold(self, batch: Batch) -> None:
        orders, merchants, changes = batch.rows(ORDERS), batch.rows(MERCHANTS), batch.lines(CHANGES)
        keys = [belongs_to(recorded.stream) for recorded in batch.events]
        orders.load(keys)
        merchants.load((merchant,) for merchant, _ in keys)
        for recorded, (merchant, order_id) in zip(batch.events, keys, strict=True):
            row = orders.get(merchant, order_id)
            claims = _CLAIMS.validate_json(row["claims"]) if row else OpenClaims()
            before = claims.fen
            claims.remember(recorded.event)
            reported = {"merchant": merchant, "order_id": order_id, "claims": _CLAIMS.dump_json(claims).decode()}
            orders.put(reported, at=recorded.position)
            if change := claims.fen - before:
                fen = change + (known["fen"] if (known := merchants.get(merchant)) else 0)
                merchants.put({"merchant": merchant, "fen": fen}, at=recorded.position)
                changes.append((batch.book, recorded.position, merchant, change, fen, recorded.accounting_date))


def amounts_in_open_cases(
    views: Views, vector: Vector, timepoint: AsOf = NOW, *, merchants: list[str] | None = None
) -> tuple[dict[str, Money], Held]:
    """Returns the claims by merchant at these positions, without merchants that have none.

    The second value holds the positions and the books that the view leaves out. Raises `ViewBehind`.
    """
    values = {
        "books": list(vector),
        "positions": list(vector.values()),
        "merchants": merchants,
        "as_of": timepoint.as_of,
    }

    def query(opened: Opened) -> tuple[dict[str, Money], Held]:
        stored = {name: opened.generation.stored_name(table)
                  for name, table in (("merchants", MERCHANTS), ("changes", CHANGES))}  # fmt: skip
        statement = (_AT_POSITION if timepoint.as_of is None else _ON_DAY).format(**stored)
        found = opened.connection.execute(text(statement), values)
        return {name: Money(int(fen), CNY) for name, fen in found if fen}, opened.upto(vector)

    return views.read(ClaimsOnMerchants(), query, at_least=vector, timeout_s=timepoint.timeout_s, past_stops=True)
