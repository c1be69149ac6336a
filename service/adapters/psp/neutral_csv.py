"""The neutral settlement report: a CSV of our own, for providers whose form we do not read.

One row a line, and for each batch and currency one row of kind `total` behind its lines:

    batch_ref        the provider's name for what it paid at once
    psp_ref          its name for this line; of a total: how many lines it sums up
    kind             charge, refund, dispute, dispute_fee, fee, or total
    reference        the capture, refund or dispute that is settled; empty for a fee
    merchant_id, order_id   whose it is, where the provider knows; else it is found by `reference`
    currency, gross, fee, net   major units, in the provider's signs: gross − fee = net, positive is paid to us
    rate             the provider's own: CNY for one unit of `currency`; empty in CNY
    cash_cny         what the line brought in CNY; of a total: what our bank got for it. May be empty
    charged_currency, charged_gross   what the buyer was charged, where the provider settles in another currency; both
                     columns may be missing
    value_date       YYYY-MM-DD
    bank_entry_ref   under which our bank shows it; may be empty
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import cast, get_args

from ledger.events.psp_settlement import SettledKind
from ledger.fx import CNY
from ledger.money import Money, total
from service.adapters.files.bad_file import BadFile
from service.adapters.files.csv_table import Cells, read_csv
from service.adapters.files.unread import Unusable
from service.adapters.psp.report import ReportBatch, ReportLine, amounts, charged_amount, take, with_unusable

COLUMNS = (
    "batch_ref", "psp_ref", "kind", "reference", "merchant_id", "order_id", "currency", "gross", "fee", "net", "rate",
    "cash_cny", "value_date", "bank_entry_ref",
)  # fmt: skip
_TOTAL = "total"
_CHARGED, _CHARGED_IN = "charged_gross", "charged_currency"


@dataclass(slots=True)
class _Batch:
    """A batch as it is read. `problem`: it does not hold together."""

    rows: list[Cells] = field(default_factory=list)
    problem: BadFile | None = None
    lines: list[ReportLine] = field(default_factory=list)
    seen: dict[tuple[str, str], int] = field(default_factory=dict)  # in which row
    totals: dict[str, Cells] = field(default_factory=dict)  # by currency
    last: Cells | None = None
    days: set[date] = field(default_factory=set)


def read_neutral(name: str, content: bytes, *, psp: str) -> list[ReportBatch]:
    """Every batch of the report; a row or batch that nobody can use leaves its neighbours alone.

    Raises `BadFile` with the line of what is wrong where nothing can be used.
    """
    batches: dict[str, _Batch] = {}
    unusable = Unusable()
    for cells in read_csv(name, content, COLUMNS):
        batch = batches.setdefault(cells.reference_or_nothing("batch_ref"), _Batch())
        batch.rows.append(cells)
        try:
            _take(batch, cells, psp, unusable)
        except BadFile as problem:
            if cells.says("kind", _TOTAL):
                batch.problem = batch.problem or problem
                unusable.keep(problem)
            else:
                unusable.keep(problem, cells)
    if not batches:
        raise BadFile(name, "there is no line in it")
    return with_unusable(list(_whole(batches, unusable)), unusable)


def _whole(batches: dict[str, _Batch], unusable: Unusable) -> Iterator[ReportBatch]:
    """The batches that hold together."""
    for ref, batch in batches.items():
        try:
            if batch.problem:
                raise batch.problem
            yield _batch(ref, batch)
        except BadFile as problem:
            unusable.keep(problem, *batch.rows)


def _take(batch: _Batch, cells: Cells, psp: str, unusable: Unusable) -> None:
    cells.expect_whole()
    cells.reference("batch_ref")
    day = cells.day("value_date")
    if batch.days - {day}:
        raise cells.wrong("value_date", "the day of the rest of its batch")
    if cells.one_of("kind", (*get_args(SettledKind), _TOTAL)) == _TOTAL:
        _take_total(batch, cells, is_complete=not unusable.any_of(batch.rows))
    else:
        _take_line(batch, cells, psp)
    batch.days.add(day)
    batch.last = cells


def _take_line(batch: _Batch, cells: Cells, psp: str) -> None:
    currency = cells.currency()
    if currency in batch.totals:
        raise cells.refused(f"it stands behind the total of {currency}")
    gross, fee, net = amounts(cells, currency)
    day, kind = cells.day("value_date"), cast(SettledKind, cells.text("kind"))
    line = ReportLine(
        line=cells.line,
        psp_ref=cells.reference("psp_ref"),
        kind=kind,
        reference=cells.reference_or_nothing("reference") if kind == "fee" else cells.reference("reference"),
        also=(),
        gross=gross,
        fee=fee,
        net=net,
        rate=None if currency == CNY else cells.rate("rate", base=currency, source=psp, as_of=day),
        cash=_cash(cells),
        merchant_id=cells.id_or_none("merchant_id"),
        order_id=cells.id_or_none("order_id"),
        charged=None if kind == "fee" else charged_amount(cells, gross, amount=_CHARGED, currency=_CHARGED_IN),
    )
    take(batch.lines, line, cells, batch.seen)


def _take_total(batch: _Batch, cells: Cells, *, is_complete: bool) -> None:
    currency = cells.currency()
    if currency in batch.totals:
        raise cells.refused(f"the batch has a total of {currency} already")
    batch.totals[currency] = cells
    if is_complete:
        _check_total(batch, cells, currency)


def _check_total(batch: _Batch, cells: Cells, currency: str) -> None:
    lines = [line for line in batch.lines if line.gross.currency == currency]
    if cells.text("psp_ref") != str(len(lines)):
        raise cells.refused(f"it sums up {cells.text('psp_ref')!r} lines of {currency}, and there are {len(lines)}")
    for column in ("gross", "fee", "net"):
        said, found = cells.money(column, currency), total([getattr(line, column) for line in lines], currency)
        if said != found:
            raise cells.refused(f"the total {column} is {said}, the lines come to {found}")


def _batch(ref: str, batch: _Batch) -> ReportBatch:
    last = batch.last or batch.rows[-1]
    if not batch.lines:
        raise last.refused(f"no line of the batch {ref} can be used")
    for line in batch.lines:
        if line.gross.currency not in batch.totals:
            raise last.refused(f"the batch {ref} ends without a total of {line.gross.currency}")
    cash = [amount for cells in batch.totals.values() if (amount := _cash(cells)) is not None]
    return ReportBatch(
        batch_ref=ref,
        value_date=min(batch.days),
        bank_entry_ref=next((text for c in batch.totals.values() if (text := c.text("bank_entry_ref"))), ""),
        cash=total(cash, CNY) if cash and len(cash) == len(batch.totals) else None,
        lines=tuple(batch.lines),
    )


def _cash(cells: Cells) -> Money | None:
    return cells.money("cash_cny", CNY) if cells.text("cash_cny") else None
