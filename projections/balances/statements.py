"""Settlement statements: all movements of a merchant's available money (2120) between two positions of its book."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, get_args

from pydantic_core import from_json
from sqlalchemy import text

from ledger.canonical import canonical, digest
from ledger.events.statements import SettlementStatementIssued, StatementKind, StatementTotal
from ledger.fx import CNY, NO_CNY
from ledger.journal.accounts import AVAILABLE
from ledger.journal.charges import FEE_ACCOUNTS
from ledger.money import Money, total
from projections.balances.balances import PROJECTION
from projections.balances.merchant_balances import LINES
from projections.engine.views import Opened, Views

# The type of the event gives the kind of each line on the merchant's account.
_KINDS: dict[str, StatementKind] = {
    "settlement.released": "sale",
    "refund.approved": "refund",
    "refund.auto_approved": "refund",
    "settlement.held": "hold",
    "settlement.hold_released": "hold_released",
    "payout.initiated": "payout",
    "payout.paid": "payout",  # paid after it was reported as failed: the amount that was given back leaves again
    "payout.failed": "payout_returned",
    "payout.cancelled": "payout_returned",
    "payout.returned": "payout_returned",
    "merchant_debt.written_off": "write_off",
}

# The view holds the positions that moved the account, and the log holds the events, so a statement is the same at any
# later date.
_STATEMENT = """
SELECT m.merchant, e.position, e.event_id::text, e.type, e.accounting_date, e.occurred_at, e.entry
FROM unnest(CAST(:merchants AS text[]), CAST(:after AS bigint[])) AS m(merchant, after)
CROSS JOIN LATERAL (
    SELECT DISTINCT l.position FROM {lines} l
    WHERE l.book = :book AND l.merchant = m.merchant AND l.account = :account AND l.psp = '' AND l.currency = :currency
      AND l.position > m.after AND l.position <= :upto
) p
JOIN log.events e ON e.book = :book AND e.position = p.position
ORDER BY m.merchant, e.position
"""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """The effect of one event on a merchant's available money, by order line if the entry names one.

    `gross` is before the service fee. `fee` is negative if it was charged and positive if it was given back. `net` is
    their sum. All in CNY.
    """

    position: int
    event_id: str
    occurred_at: datetime
    accounting_date: date
    kind: StatementKind
    order_id: str
    line_id: str
    gross: Money
    fee: Money
    net: Money

    def as_json(self) -> dict[str, Any]:
        """Returns the line as it is hashed, with amounts in fen."""
        return {
            "accounting_date": self.accounting_date.isoformat(),
            "event_id": self.event_id,
            "fee": self.fee.minor,
            "gross": self.gross.minor,
            "kind": self.kind,
            "line_id": self.line_id,
            "net": self.net.minor,
            "occurred_at": self.occurred_at.isoformat().replace("+00:00", "Z"),
            "order_id": self.order_id,
            "position": self.position,
        }


@dataclass(frozen=True, slots=True)
class Cut:
    """The start of a merchant's next statement: the last position and the closing balance of the previous one."""

    merchant: str
    after: int = 0
    opening: Money = NO_CNY


@dataclass(frozen=True, slots=True)
class Statement:
    """The lines of one range of a book. `opening` + Σ `net` = `closing`."""

    merchant: str
    book: int
    after: int
    upto: int
    opening: Money
    lines: tuple[StatementLine, ...]

    @property
    def closing(self) -> Money:
        return self.opening + total([line.net for line in self.lines], CNY)

    @property
    def totals(self) -> tuple[StatementTotal, ...]:
        """Returns the total and the number of lines by kind; fees are totalled apart from the amounts they were taken
        from.
        """
        amounts: defaultdict[StatementKind, list[Money]] = defaultdict(list)
        for line in self.lines:
            if line.gross or not line.fee:
                amounts[line.kind].append(line.gross)
            if line.fee:
                amounts["fee_back" if line.fee.minor > 0 else "fee"].append(line.fee)
        return tuple(
            StatementTotal(kind=kind, amount=total(amounts[kind], CNY), lines=len(amounts[kind]))
            for kind in get_args(StatementKind)
            if kind in amounts
        )

    @property
    def lines_hash(self) -> str:
        return digest(canonical([line.as_json() for line in self.lines]))


class StatementDiffers(Exception):
    """The log no longer gives the lines of an issued statement: a defect of ours, or a change in the log."""


def statements(views: Views, book: int, cuts: Sequence[Cut], *, upto: int, timeout_s: float = 30.0) -> list[Statement]:
    """Returns the next statement of each of these merchants, in the given order; without lines if nothing moved.

    Raises `ViewBehind`.
    """

    def query(opened: Opened) -> list[Any]:
        statement = text(_STATEMENT.format(lines=opened.generation.stored_name(LINES)))
        asked = {"book": book, "upto": upto, "account": AVAILABLE.code, "currency": CNY}
        merchants = {"merchants": [cut.merchant for cut in cuts], "after": [cut.after for cut in cuts]}
        return list(opened.connection.execute(statement, asked | merchants))

    found: defaultdict[str, list[StatementLine]] = defaultdict(list)
    for row in views.read(PROJECTION, query, at_least={book: upto}, timeout_s=timeout_s):
        found[row.merchant] += lines_of(row, row.merchant)
    return [Statement(cut.merchant, book, cut.after, upto, cut.opening, tuple(found[cut.merchant])) for cut in cuts]


def issued_again(views: Views, event: SettlementStatementIssued, *, timeout_s: float = 30.0) -> Statement:
    """Makes the issued statement again from the log. Raises `StatementDiffers` and `ViewBehind`."""
    cut = Cut(event.merchant_id, event.after_position, event.opening)
    (statement,) = statements(views, event.book, [cut], upto=event.upto_position, timeout_s=timeout_s)
    if statement.lines_hash != event.lines_hash or statement.closing != event.closing:
        raise StatementDiffers(
            f"the log does not give the issued lines of statement {event.statement_id}: run `redledger verify-log`"
        )
    return statement


def document(event: SettlementStatementIssued, statement: Statement) -> str:
    """Returns the statement as one canonical JSON text: the same bytes each time."""
    return canonical(from_json(event.payload()) | {"lines": [line.as_json() for line in statement.lines]})


def lines_of(row: Any, merchant: str) -> Iterable[StatementLine]:
    """Yields the effect of one event on a merchant's available money: a line for each order line, in posting order."""
    parts: dict[tuple[str, str], list[int]] = {}
    for line in from_json(row.entry):
        mine = line["account"] == AVAILABLE.code and line.get("merchant") == merchant
        if mine or line["account"] in FEE_ACCOUNTS:
            part = parts.setdefault((line.get("order", ""), line.get("line", "")), [0, 0])
            part[0 if mine else 1] += line["base"]
    for (order, line_id), (available, fee) in parts.items():
        if available:
            yield _line(row, order, line_id, net=Money(-available, CNY), fee=Money(fee, CNY))


def _line(row: Any, order: str, line_id: str, *, net: Money, fee: Money) -> StatementLine:
    kind = _KINDS.get(row.type) or ("dispute" if row.type.startswith("dispute.") else "adjustment")
    return StatementLine(
        position=row.position,
        event_id=row.event_id,
        occurred_at=row.occurred_at,
        accounting_date=row.accounting_date,
        kind=kind,
        order_id=order,
        line_id=line_id,
        gross=net - fee,
        fee=fee,
        net=net,
    )
