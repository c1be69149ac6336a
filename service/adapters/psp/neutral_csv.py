"""Reads the neutral settlement report: our own CSV, for providers whose format we do not read.

One row for each line, and for each batch and currency one row of kind `total` after its lines:

    batch_ref        the provider's reference of its payout to us
    psp_ref          its reference of this line; in a total: the number of its lines
    kind             charge, refund, dispute, dispute_fee, fee, or total
    reference        the capture, refund or dispute that is settled; empty for a fee
    merchant_id, order_id   the order, if the provider knows it; else it is found by `reference`
    currency, gross, fee, net   major units, with the provider's signs: gross − fee = net, positive is paid to us
    rate             the provider's rate: CNY for one unit of `currency`; empty in CNY
    cash_cny         the line's amount in CNY; in a total: the amount that our bank received. May be empty
    charged_currency, charged_gross   the buyer's currency and amount, if the provider settles in another currency;
                     both columns may be missing
    value_date       YYYY-MM-DD
    bank_entry_ref   the reference of the bank's entry; may be empty
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import cast, get_args

from ledger.events.psp_settlement import SettledKind
from ledger.fx import CNY
from ledger.limits import LATEST_DAY
from ledger.money import Money, total
from service.formats.bad_file import BadFile
from service.formats.csv_table import Cells, read_csv, usual
from service.formats.settlement_rows import amounts, charged_amount, take, with_unusable
from service.formats.unread import Unusable
from service.partner_facts.settlement import ReportBatch, ReportLine

COLUMNS = (
    "batch_ref", "psp_ref", "kind", "reference", "merchant_id", "order_id", "currency", "gross", "fee", "net", "rate",
    "cash_cny", "value_date", "bank_entry_ref",
)  # fmt: skip
_TOTAL = "total"
_CHARGED, _CHARGED_IN = "charged_gross", "charged_currency"


@dataclass(slots=True)
class _Batch:
    """A batch while it is read. `rows` are its rows, `nameless` the rows without a batch, and `reported` its usable
    rows. An unreadable total, or a row that may be one, does not make the lines unusable.
    """

    ref: str
    rows: list[Cells]
    nameless: list[Cells]
    day: date = LATEST_DAY  # the day of most rows
    lines: list[ReportLine] = field(default_factory=list)
    reported: dict[int, Cells] = field(default_factory=dict)  # by line number
    seen: dict[tuple[str, str], int] = field(default_factory=dict)  # the row of each line so far
    totals: dict[str, Cells] = field(default_factory=dict)  # by currency
    cash: dict[str, Money | None] = field(default_factory=dict)  # by currency
    bank_entry_refs: list[str] = field(default_factory=list)  # from totals first


def read_neutral(name: str, content: bytes, *, psp: str, last: date = LATEST_DAY) -> list[ReportBatch]:
    """Returns the batches of the report. An unusable row or batch does not affect the others. `last` is the last day it
    may name.

    Raises `BadFile` with the line if nothing can be used.
    """
    rows: dict[str, list[Cells]] = {}
    for cells in read_csv(name, content, COLUMNS):
        rows.setdefault(cells.reference_or_nothing("batch_ref"), []).append(cells)
    if not rows:
        raise BadFile(name, "there is no line in it")
    unusable, nameless = Unusable(), rows.pop("", [])
    for cells in nameless:
        unusable.keep(cells.wrong("batch_ref", "a reference"), cells)
    batches = [_read(_Batch(ref, own, nameless), psp, unusable, last) for ref, own in rows.items()]
    return with_unusable([batch for batch in batches if batch], unusable)


def _read(batch: _Batch, psp: str, unusable: Unusable, last: date) -> ReportBatch | None:
    """Returns the batch; None if it does not add up, and all its rows are kept as unusable."""
    batch.day = usual(batch.rows, lambda cells: cells.day_within("value_date", last)) or last
    for cells in batch.rows:
        try:
            _take(batch, cells, psp, last)
        except BadFile as problem:
            unusable.keep(problem, cells)
    try:
        _keep_without_lines(batch, unusable)
        _keep_without_total(batch, unusable)
        _check_totals(batch, unusable)
        return _batch(batch)
    except BadFile as problem:
        unusable.keep(problem, *batch.rows)
        return None


def _take(batch: _Batch, cells: Cells, psp: str, last: date) -> None:
    cells.expect_whole()
    if cells.day_within("value_date", last) != batch.day:
        raise cells.wrong("value_date", f"{batch.day}, as in the rest of its batch")
    if cells.one_of("kind", (*get_args(SettledKind), _TOTAL)) == _TOTAL:
        _take_total(batch, cells)
    else:
        _take_line(batch, cells, psp)
    batch.reported[cells.line] = cells


def _take_line(batch: _Batch, cells: Cells, psp: str) -> None:
    currency = cells.currency()
    if currency in batch.totals:
        raise cells.refused(f"it comes after the total of {currency}")
    gross, fee, net = amounts(cells, currency)
    kind = cast(SettledKind, cells.text("kind"))
    line = ReportLine(
        line=cells.line,
        psp_ref=cells.reference("psp_ref"),
        kind=kind,
        reference=cells.reference_or_nothing("reference") if kind == "fee" else cells.reference("reference"),
        also=(),
        gross=gross,
        fee=fee,
        net=net,
        rate=None if currency == CNY else cells.rate("rate", base=currency, source=psp, as_of=batch.day),
        cash=_cash(cells),
        merchant_id=cells.id_or_none("merchant_id"),
        order_id=cells.id_or_none("order_id"),
        charged=None if kind == "fee" else charged_amount(cells, gross, amount=_CHARGED, currency=_CHARGED_IN),
    )
    take(batch.lines, line, cells, batch.seen)


def _take_total(batch: _Batch, cells: Cells) -> None:
    """Adds a total if all its cells can be read."""
    currency = cells.currency()
    if currency in batch.totals:
        raise cells.refused(f"the batch already has a total of {currency}")
    _said(cells, currency)
    bank_entry_ref, batch.cash[currency] = cells.text("bank_entry_ref"), _cash(cells)
    batch.totals[currency] = cells
    batch.bank_entry_refs += [bank_entry_ref] if bank_entry_ref else []


def _said(cells: Cells, currency: str) -> tuple[int, Money, Money, Money]:
    count = cells.count("psp_ref")
    gross, fee, net = (cells.money(column, currency) for column in ("gross", "fee", "net"))
    return count, gross, fee, net


def _keep_without_lines(batch: _Batch, unusable: Unusable) -> None:
    """Keeps totals as unusable whose currency no line has."""
    for currency in batch.totals.keys() - {line.gross.currency for line in batch.lines}:
        cells = batch.totals.pop(currency)
        batch.cash.pop(currency)
        batch.reported.pop(cells.line)
        unusable.keep(cells.refused(f"the batch {batch.ref} has no line in {currency}"), cells)


def _keep_without_total(batch: _Batch, unusable: Unusable) -> None:
    """Keeps lines as unusable whose currency has no total. Raises `BadFile` if no line has a total and no unusable row
    may be one.
    """
    without = [line for line in batch.lines if line.gross.currency not in batch.totals]
    is_all = len(without) == len(batch.lines)
    unused = [cells for cells in batch.rows if cells.line not in batch.reported]
    if not without or (is_all and any(map(_may_be_total, (*unused, *batch.nameless)))):
        return
    currency = without[0].gross.currency
    problem = batch.rows[-1].refused(f"the batch {batch.ref} ends without a total of {currency}")
    if is_all:
        raise problem
    for line in without:
        batch.lines.remove(line)
        unusable.keep(problem, batch.reported.pop(line.line))


def _may_be_total(cells: Cells) -> bool:
    return cells.is_whole and not any(cells.says("kind", kind) for kind in get_args(SettledKind))


def _check_totals(batch: _Batch, unusable: Unusable) -> None:
    """Raises `BadFile` if a total differs from the sum of its lines. Does nothing if a row is unusable."""
    if unusable.any_of((*batch.rows, *batch.nameless)):
        return
    for currency, cells in batch.totals.items():
        lines = [line for line in batch.lines if line.gross.currency == currency]
        count, *said = _said(cells, currency)
        if count != len(lines):
            raise cells.refused(f"it sums up {str(count)!r} lines of {currency}, and there are {len(lines)}")
        for column, amount in zip(("gross", "fee", "net"), said, strict=True):
            found = total([getattr(line, column) for line in lines], currency)
            if amount != found:
                raise cells.refused(f"the total {column} is {amount}, the lines come to {found}")


def _batch(batch: _Batch) -> ReportBatch:
    if not batch.lines:
        raise batch.rows[-1].refused(f"no line of the batch {batch.ref} can be used")
    cash = [amount for amount in batch.cash.values() if amount is not None]
    refs = [*batch.bank_entry_refs, usual(batch.reported.values(), lambda cells: cells.text("bank_entry_ref")) or ""]
    return ReportBatch(
        batch_ref=batch.ref,
        value_date=batch.day,
        bank_entry_ref=refs[0],
        cash=total(cash, CNY) if cash and len(cash) == len(batch.totals) else None,
        lines=tuple(batch.lines),
    )


def _cash(cells: Cells) -> Money | None:
    return cells.money("cash_cny", CNY) if cells.text("cash_cny") else None
