"""Statements of merchants as canonical JSON, CSV, plain text and HTML. The bytes are the same at every call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from io import StringIO
from typing import Any

from ledger.accounting_days import accounting_day
from ledger.events.statements import SettlementStatementIssued
from ledger.ids import statements_stream
from ledger.log.identity import Identity
from projections.balances.statements import Statement, document, issued_again
from projections.keyset import Key
from service.app import App
from service.failures import ServiceFailure
from service.tables.cells import exact, write_csv
from service.tables.columns import Column, Holds
from service.tables.tables import STATEMENT_LINES

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:15px/1.5 system-ui,sans-serif;margin:3rem auto;max-width:70rem;padding:0 1rem}}
table{{border-collapse:collapse;width:100%}}th,td{{padding:.3rem .6rem;border-bottom:1px solid #ddd;text-align:left}}
.n{{text-align:right;font-variant-numeric:tabular-nums}}code{{font-size:.8em;color:#666}}</style>
<h1>{title}</h1><p>{period}</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>
<p><code>{hash}</code></p></html>
"""


@dataclass(frozen=True, slots=True)
class IssuedStatement:
    """A statement as issued, with the lines that its hash covers."""

    event: SettlementStatementIssued
    statement: Statement
    identity: Identity

    @property
    def json(self) -> str:
        return document(self.event, self.statement)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Returns the rows: opening balance, lines with the running balance, closing balance."""
        balance = self.event.opening
        rows = [_row(kind="opening", balance=balance)]
        for line in self.statement.lines:
            balance += line.net
            rows.append(
                _row(
                    date=line.accounting_date,
                    kind=line.kind,
                    order=line.order_id,
                    line=line.line_id,
                    gross=line.gross,
                    fee=line.fee,
                    net=line.net,
                    balance=balance,
                    event_id=line.event_id,
                )
            )
        return [*rows, _row(kind="closing", balance=self.event.closing)]

    @property
    def csv(self) -> str:
        out = StringIO()
        write_csv(STATEMENT_LINES, self.rows, out)
        return out.getvalue()

    @property
    def text(self) -> str:
        header = {column: column.name for column in _COLUMNS}
        rows = [header, *map(_texts, self.rows)]
        widths = {column: max(len(row[column]) for row in rows) for column in _COLUMNS}
        lines = ["  ".join(_aligned(row[each], each, widths[each]) for each in _COLUMNS).rstrip() for row in rows]
        return "\n".join(
            [self.title, self.period, "", *lines, "", f"SHA-256 of the lines: {self.event.lines_hash}", ""]
        )

    @property
    def html(self) -> str:
        rows = map(_texts, self.rows)
        body = "".join(f"<tr>{''.join(_cell(text, column) for column, text in row.items())}</tr>" for row in rows)
        return _PAGE.format(
            title=escape(self.title),
            period=escape(self.period),
            head="".join(f"<th{_LOOK.get(each.holds, '')}>{each.name}</th>" for each in _COLUMNS),
            body=body,
            hash=escape(f"SHA-256 of the lines: {self.event.lines_hash}"),
        )

    @property
    def title(self) -> str:
        return self.identity.marked(f"Statement {self.event.number} of {self.event.merchant_id}, CNY")

    @property
    def period(self) -> str:
        since = f"from {_instant(self.event.period_from)} " if self.event.period_from else ""
        return f"{since}to {_instant(self.event.period_to)}, issued {_instant(self.event.issued_at)}"


_COLUMNS = STATEMENT_LINES.columns
_MANY = 500  # events that are read at a time
_LOOK = {Holds.AMOUNT: ' class="n"'}


def issued_statements(
    app: App,
    merchant: str,
    *,
    as_of: date | None = None,
    as_known_at: datetime | None = None,
    limit: int | None = None,
    after: Key | None = None,
) -> list[SettlementStatementIssued]:
    """Returns a merchant's statements after the number `after`, in order: those with a period that ended by a day, and
    issued by an instant."""
    book = app.ledger.directory.known_book_of(merchant)
    found: list[SettlementStatementIssued] = []
    number: Any = after[0] if after else 0
    last: int = number  # the version of an event is at least the number of its statement
    while book and (rows := app.ledger.reader.read_versions(book, statements_stream(merchant), last, limit or _MANY)):
        known = [row.event for row in rows if as_known_at is None or row.recorded_at <= as_known_at]
        issued = [event for event in known if isinstance(event, SettlementStatementIssued) and event.number > number]
        found += [event for event in issued if as_of is None or accounting_day(event.period_to) <= as_of]
        last = rows[-1].version
        if limit is not None and len(found) >= limit:
            break
    return found[:limit]


def statement_of(app: App, events: Sequence[SettlementStatementIssued], number: int | None = None) -> IssuedStatement:
    """Returns one statement, by default the last. Raises `ServiceFailure` if there is none."""
    chosen = [event for event in events if number is None or event.number == number]
    if not chosen:
        raise ServiceFailure(_none_of(events, number))
    return IssuedStatement(chosen[-1], issued_again(app.views, chosen[-1]), app.ledger.identity)


def _none_of(events: Sequence[SettlementStatementIssued], number: int | None) -> str:
    if not events:
        return "No such statement was issued: the merchant had none by then."
    return f"No such statement {number} was issued: there are {events[0].number} to {events[-1].number}."


def _row(**values: Any) -> dict[str, Any]:
    return dict.fromkeys(STATEMENT_LINES.names) | values


def _texts(row: Mapping[str, Any]) -> dict[Column, str]:
    """Returns the row as the statement prints it: the title gives the currency, and digits are not grouped."""
    return {column: exact(row[column.name]) for column in _COLUMNS}


def _aligned(text: str, column: Column, width: int) -> str:
    return text.rjust(width) if column.holds is Holds.AMOUNT else text.ljust(width)


def _cell(text: str, column: Column) -> str:
    shown = f"<code>{escape(text)}</code>" if column.name == "event_id" else escape(text)
    return f"<td{_LOOK.get(column.holds, '')}>{shown}</td>"


def _instant(instant: datetime | None) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z") if instant else ""
