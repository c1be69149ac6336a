"""Statements as merchants get them: canonical JSON, CSV, plain text and HTML, the same bytes whenever they are made."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from io import StringIO

from commands.recording import accounting_day
from ledger.events.statement import SettlementStatementIssued
from ledger.ids import statements_stream
from ledger.log.identity import Identity
from ledger.money import Money
from projections.statements import Statement, document, issued_again
from service.app import App
from service.failures import ServiceFailure

_COLUMNS = ("date", "kind", "order", "line", "gross", "fee", "net", "balance", "event_id")
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:15px/1.5 system-ui,sans-serif;margin:3rem auto;max-width:70rem;padding:0 1rem}}
table{{border-collapse:collapse;width:100%}}th,td{{padding:.3rem .6rem;border-bottom:1px solid #ddd;text-align:left}}
.n{{text-align:right;font-variant-numeric:tabular-nums}}code{{font-size:.8em;color:#666}}</style>
<h1>{title}</h1><p>{period}</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>
<p><code>{hash}</code></p></html>
"""


@dataclass(frozen=True, slots=True)
class IssuedStatement:
    """A statement as it was issued, with the lines its hash stands for."""

    event: SettlementStatementIssued
    statement: Statement
    identity: Identity

    @property
    def json(self) -> str:
        return document(self.event, self.statement)

    @property
    def rows(self) -> list[dict[str, str]]:
        """Opening, lines and closing as texts, the balance running."""
        balance = self.event.opening
        rows = [_row(kind="opening", balance=balance)]
        for line in self.statement.lines:
            balance += line.net
            rows.append(
                _row(
                    date=line.accounting_date.isoformat(),
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
        writer = csv.DictWriter(out, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return out.getvalue()

    @property
    def text(self) -> str:
        widths = {name: max(len(name), *(len(row[name]) for row in self.rows)) for name in _COLUMNS}
        header = {name: name for name in _COLUMNS}
        lines = ["  ".join(_aligned(row, name, widths[name]) for name in _COLUMNS).rstrip()
                 for row in (header, *self.rows)]  # fmt: skip
        return "\n".join(
            [self.title, self.period, "", *lines, "", f"SHA-256 of the lines: {self.event.lines_hash}", ""]
        )

    @property
    def html(self) -> str:
        body = "".join(f"<tr>{''.join(_cell(name, row[name]) for name in _COLUMNS)}</tr>" for row in self.rows)
        return _PAGE.format(
            title=escape(self.title),
            period=escape(self.period),
            head="".join(f'<th class="n">{name}</th>' if name in _NUMBERS else f"<th>{name}</th>" for name in _COLUMNS),
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


_NUMBERS = ("gross", "fee", "net", "balance")


def issued_statements(
    app: App, merchant: str, *, as_of: date | None = None, as_known_at: datetime | None = None
) -> list[SettlementStatementIssued]:
    """A merchant's statements in order: those whose period ended by a day, those issued by an instant."""
    book = app.ledger.directory.known_book_of(merchant)
    found = []
    for row in app.ledger.reader.read_stream(book, statements_stream(merchant)) if book else ():
        event = row.event
        known = as_known_at is None or row.recorded_at <= as_known_at
        if isinstance(event, SettlementStatementIssued) and known:
            found.append(event)
    return [event for event in found if as_of is None or accounting_day(event.period_to) <= as_of]


def statement_of(app: App, events: Sequence[SettlementStatementIssued], number: int | None = None) -> IssuedStatement:
    """One of them, by default the last, issued again. Raises `ServiceFailure` where there is none."""
    chosen = [event for event in events if number is None or event.number == number]
    if not chosen:
        raise ServiceFailure(_none_of(events, number))
    return IssuedStatement(chosen[-1], issued_again(app.views, chosen[-1]), app.ledger.identity)


def _none_of(events: Sequence[SettlementStatementIssued], number: int | None) -> str:
    if not events:
        return "No such statement was issued: the merchant had none by then."
    return f"No such statement {number} was issued: there are {events[0].number} to {events[-1].number}."


def _row(**values: str | Money) -> dict[str, str]:
    texts = {name: f"{value.decimal:f}" if isinstance(value, Money) else value for name, value in values.items()}
    return {name: texts.get(name, "") for name in _COLUMNS}


def _aligned(row: dict[str, str], name: str, width: int) -> str:
    return row[name].rjust(width) if name in _NUMBERS else row[name].ljust(width)


def _cell(name: str, text: str) -> str:
    if name in _NUMBERS:
        return f'<td class="n">{escape(text)}</td>'
    return f"<td><code>{escape(text)}</code></td>" if name == "event_id" else f"<td>{escape(text)}</td>"


def _instant(instant: datetime | None) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z") if instant else ""
