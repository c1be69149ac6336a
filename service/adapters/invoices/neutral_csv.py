"""Reads invoices of carriers and customs agents: a neutral CSV with one row for each parcel, then the total.

invoice_ref     the partner's reference of the invoice; one for each file
line_ref        its reference of this row; in the total: the number of rows
kind            freight (or another kind of transport cost), duty, or total
tracking_no     the parcel's tracking number; or merchant_id, order_id and parcel_id, if the partner knows them
currency, amount   major units; one currency for each invoice
declared_value, declared_currency, borne_by   for a duty: its assessed value; buyer or platform (the default)
charged_on      YYYY-MM-DD
"""

from __future__ import annotations

from datetime import date

from ledger.limits import LATEST_DAY
from ledger.money import Money, total
from service.formats.bad_file import BadFile
from service.formats.csv_table import Cells, read_csv, usual
from service.formats.unread import Unusable
from service.partner_facts.invoices import Invoice, InvoiceLine

COLUMNS = (
    "invoice_ref", "line_ref", "kind", "tracking_no", "merchant_id", "order_id", "parcel_id", "currency", "amount",
    "declared_value", "declared_currency", "borne_by", "charged_on",
)  # fmt: skip
_TOTAL, _DUTY = "total", "duty"


class _Reading:
    """Reads an invoice. Its reference and currency are those of most rows."""

    def __init__(self, rows: list[Cells], last: date) -> None:
        self._rows, self._last = rows, last
        self.lines: list[InvoiceLine] = []
        self.invoice_ref = usual(rows, lambda cells: cells.reference("invoice_ref")) or ""
        self._currency = usual(rows, Cells.currency)
        self.amount: tuple[Cells, int, Money] | None = None  # the row of the total, its number of lines and its amount
        self._seen: dict[str, int] = {}

    def take(self, cells: Cells) -> None:
        """Adds a row. Raises `BadFile` if it cannot be used."""
        cells.expect_whole()
        if cells.reference("invoice_ref") != self.invoice_ref:
            raise cells.refused("a file holds one invoice, and this row belongs to another")
        if self.amount is not None:
            raise cells.refused("it comes after the total")
        if cells.currency() != self._currency:
            raise cells.refused(f"it is in {cells.currency()}, the invoice in {self._currency}")
        if cells.text("kind") == _TOTAL:
            self.amount = cells, cells.count("line_ref"), cells.money("amount", self._currency)
        else:
            self.lines.append(_line(cells, self._seen, self._last))

    def checked_total(self, unusable: Unusable) -> Money:
        """Returns the sum of the lines. Raises `BadFile` if the invoice's total differs, or if the total is missing and
        no unusable row may be the total.
        """
        found = total([line.amount for line in self.lines], self.lines[0].amount.currency)
        kept = [cells for cells in self._rows if unusable.any_of([cells])]
        if self.amount is None:
            if not any(cells.is_whole for cells in kept):
                raise self._rows[-1].refused("the invoice ends without its total")
            return found
        cells, count, said = self.amount
        if not kept and (said, count) != (found, len(self.lines)):
            reason = f"the total is {said} for {count} rows, the {len(self.lines)} rows come to {found}"
            raise cells.refused(reason)
        return found


def read_invoice(name: str, content: bytes, *, last: date = LATEST_DAY) -> Invoice:
    """Returns the invoice of a file. An unusable row does not affect the others. `last` is the last day it may name.

    Raises `BadFile` with the line if the invoice does not add up, or if no row can be used.
    """
    rows, unusable = list(read_csv(name, content, COLUMNS)), Unusable()
    reading = _Reading(rows, last)
    for cells in rows:
        try:
            reading.take(cells)
        except BadFile as problem:
            unusable.keep(problem, cells)
    unusable.refuse_unless(reading.lines)
    if not reading.lines:
        raise BadFile(name, "there is no line in it")
    amount = reading.checked_total(unusable)
    return Invoice(reading.invoice_ref, tuple(reading.lines), amount, tuple(unusable.items))


def _line(cells: Cells, seen: dict[str, int], last: date) -> InvoiceLine:
    """Returns the line of a row; `seen` is the row of each reference so far."""
    line_ref = cells.reference("line_ref")
    if (before := seen.get(line_ref, cells.line)) != cells.line:
        raise cells.refused(f"the line {line_ref} is already in line {before}")
    currency = cells.currency()
    amount = cells.money("amount", currency)
    if amount.minor <= 0:
        raise cells.wrong("amount", "more than zero")
    named = [cells.id_or_none(column) for column in ("merchant_id", "order_id", "parcel_id")]
    merchant, order, parcel = named
    whole = (merchant, order, parcel) if merchant and order and parcel else None
    if whole is None and not cells.number("tracking_no"):
        raise cells.refused("it names neither a tracking number nor a merchant's parcel")
    kind = cells.id("kind")
    declared = cells.money("declared_value", cells.currency("declared_currency")) if kind == _DUTY else None
    if declared is not None and declared.minor < 0:
        raise cells.wrong("declared_value", "a value")
    line = InvoiceLine(
        line=cells.line,
        line_ref=line_ref,
        kind=kind,
        tracking_no=cells.number("tracking_no"),
        parcel=whole,
        amount=amount,
        declared=declared,
        borne_by=cells.one_of("borne_by", ("buyer", "platform", "")) or "platform",
        charged_on=cells.day_within("charged_on", last),
    )
    seen[line_ref] = cells.line
    return line
