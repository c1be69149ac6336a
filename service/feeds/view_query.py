"""A reader's choice of a view and its rows: checked against what it may follow, and what the ledger knows."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.log.cursor import Cursor
from projections.engine.projection import Projection
from projections.registry import PROJECTIONS
from service.app import App
from service.failures import NotKnown, ServiceFailure, UnknownValue
from service.feeds.event_query import NOW, book_of
from service.feeds.feed import End
from service.feeds.view_feed import RowFilter, ViewFeed
from service.questions.question import MERCHANTS, STAFF, Role
from service.questions.reader import Reader, RoleMayNotRead
from service.questions.registry import QUESTIONS

# Tables whose rows name a merchant and hold nothing of the platform: a merchant may follow its own rows of them.
MERCHANT_TABLES: Mapping[str, frozenset[str]] = {
    "approvals_queue": frozenset(("approvals_queue",)),
    "merchant_balances": frozenset(("account_balances", "account_days", "journal_lines")),
    "payouts": frozenset(("payouts", "payout_accounts", "payout_statements")),
}


class ViewChanged(ServiceFailure):
    """The rows of the view are made in another way than those before the token. Begin a new copy."""

    def __init__(self, old: str, now: str, token: str) -> None:
        super().__init__(
            f"The token is of {old}, and the view is now {now}: its rows are others. Read the schema of the view,"
            " drop your copy, and read from the beginning, without `after`. To have only what changes from here on,"
            f" continue with {token}"
        )


def projection_for(reader: Reader, view: str) -> Projection:
    """Returns the view. The platform's roles may follow it if they may ask one of its questions, or if it has none.

    Raises `NotKnown` and `RoleMayNotRead`.
    """
    if view not in PROJECTIONS:
        raise NotKnown(f"There is no view {view[:80]}. The document of views lists them.")
    if reader.role not in (readers := readers_of(view)):
        raise RoleMayNotRead.unless(reader.role, "follow this view", readers)
    return PROJECTIONS[view]


def readers_of(view: str) -> frozenset[Role]:
    """Returns the roles that may follow the view."""
    asked = [question.readers.any for question in QUESTIONS.values() if view in question.views]
    staff = STAFF.any & frozenset[Role]().union(*asked) if asked else STAFF.any
    return staff | (MERCHANTS.own if view in MERCHANT_TABLES else frozenset())


def row_filter(
    app: App, reader: Reader, projection: Projection, *, table: str | None, merchant: str | None
) -> RowFilter:
    """Returns the filter. A merchant follows its own rows alone. Raises `UnknownValue`."""
    tables = {each.name for each in projection.tables}
    merchant = reader.merchant_asked(merchant)
    if reader.merchant is not None:
        tables &= MERCHANT_TABLES[projection.name]
    if table is not None and table not in tables:
        raise UnknownValue("table", f"The view has no table {table[:80]}. It has: {', '.join(sorted(tables))}.")
    wanted = {table} if table is not None else tables
    if merchant is None:
        return RowFilter(frozenset(wanted))
    named = {each.name for each in projection.tables if "merchant" in each.columns} & wanted
    if not named:
        raise UnknownValue("merchant", "The rows of these tables name no merchant. Leave the parameter out.")
    return RowFilter(frozenset(named), frozenset((book_of(app, merchant),)), merchant)


def place_in(app: App, feed: ViewFeed, after: str | None) -> End:
    """Returns the place of a token, of the present end of the view for `now`, and of its beginning for None; with the
    key of the view.

    Raises `NotACursor`, `ForeignCursor`, `CursorAhead`, and `ViewChanged`.
    """
    heads, key = feed.end()
    if not after or after == NOW:
        return End(heads if after else {}, key)
    cursor = Cursor.of_view(after, app.ledger.identity, feed.projection.name)
    cursor.expect_recorded(app.ledger.reader.heads())
    if cursor.view != key:
        raise ViewChanged(cursor.view, key, feed.token(cursor.positions, key))
    return End(cursor.positions, key)
