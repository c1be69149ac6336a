"""Settlement reports into the ledger: each line to the order it settles, what no order knows to the inbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time

from commands.command import Command
from commands.note_unrouted_fact import NoteUnroutedFact
from commands.psp_lines import PspLine
from commands.recording import ACCOUNTING_ZONE
from commands.report_psp_batch import BatchFee, ReportPspBatch
from commands.report_psp_settlement import ReportPspSettlement
from ledger.events.psp_settlement import BatchTotal
from ledger.fx import CNY
from ledger.ids import order_stream
from ledger.money import Money, split, total
from ledger.who import Actor, Source
from projections.psp_references import PspReference, PspReferences, orders_of
from service.adapters.files.days import check_days
from service.adapters.files.importing import FileSummary, Progress, RawFile, Row, import_rows
from service.adapters.files.waiting import Waiting, out_of_the_inbox, waiting
from service.adapters.psp.report import ReportBatch, ReportLine
from service.app import App

KIND = "psp_report"
Order = tuple[str, str]  # merchant, order


def import_report(
    app: App,
    file: RawFile,
    batches: list[ReportBatch],
    *,
    psp: str,
    route: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> FileSummary:
    """Accept a report that was read whole, and record it order by order, then batch by batch.

    Told again it changes nothing. With `route`, lines that no order knew then go to the one that knows them now.
    """
    days = [(batch.lines[0].line, batch.value_date) for batch in batches if batch.lines]
    check_days(file.name, days, app.clock())
    app.catch_up([PspReferences()])
    found = _found(app, psp, batches)
    before = waiting(app, file, KIND, psp, (line.psp_ref for batch in batches for line in batch.lines))
    told = _Told(file, psp, found, before, route, app.clock())
    rows = [row for batch in batches for row in _Batch(told, batch).rows()]
    header = {batch.batch_ref: f"{len(batch.lines)} lines, {batch.cash or 'cash not said'}" for batch in batches}
    return import_rows(app, file, kind=KIND, partner=psp, header=header, rows=rows, progress=progress)


def _found(app: App, psp: str, batches: list[ReportBatch]) -> dict[str, list[PspReference]]:
    names = {name for batch in batches for line in batch.lines for name in (line.reference, *line.also) if name}
    found: dict[str, list[PspReference]] = {}
    for reference in orders_of(app.views, psp, sorted(names)):
        found.setdefault(reference.reference, []).append(reference)
    return found


@dataclass(frozen=True, slots=True)
class _Part:
    """What of a line is one order's."""

    line: ReportLine
    order: Order


@dataclass(frozen=True, slots=True)
class _Told:
    """What the commands of every batch of a report rest on."""

    file: RawFile
    psp: str
    found: dict[str, list[PspReference]]
    waiting: Waiting
    route: bool
    now: datetime


class _Batch:
    """The commands of one batch."""

    def __init__(self, told: _Told, batch: ReportBatch) -> None:
        self._told, self._batch = told, batch
        self._actor = Actor(kind="partner", id=told.psp, role="psp")

    def rows(self) -> Iterator[Row]:
        by_order: dict[Order, list[ReportLine]] = {}
        fees: list[ReportLine] = []
        waiting, route = self._told.waiting, self._told.route
        for line in self._batch.lines:
            parts = [] if waiting.keeps(line.psp_ref, route=route) else list(self._parts(line))
            if parts and waiting.leaves(line.psp_ref, route=route):
                yield Row(line.line, tuple(self._out_of_the_inbox(line, parts)), leaves_inbox=True)
                continue
            for part in parts:
                by_order.setdefault(part.order, []).append(part.line)
            if not parts and line.kind == "fee":
                fees.append(line)
            elif not parts:
                yield Row(line.line, (self._unknown(line),))
        for order, lines in by_order.items():
            yield Row(lines[0].line, (self._settlement(order, lines, "order", *order),))
        routed = [line for lines in by_order.values() for line in lines]
        yield Row(self._batch.lines[-1].line if self._batch.lines else 1, (self._whole(routed, fees),))

    def _parts(self, line: ReportLine) -> Iterator[_Part]:
        """The orders a line is of: as it says itself, else as its references are known."""
        if line.merchant_id and line.order_id:
            yield _Part(line, (line.merchant_id, line.order_id))
            return
        for name in (line.reference, *line.also):
            if known := self._told.found.get(name):
                yield from _shared(line, known)
                return

    def _out_of_the_inbox(self, line: ReportLine, parts: list[_Part]) -> Iterator[Command]:
        for part in parts:
            yield self._settlement(part.order, [part.line], "routed", line.psp_ref, *part.order)
        streams = [order_stream(*part.order) for part in parts]
        yield out_of_the_inbox(self._told.file, self._told.psp, line.psp_ref, streams)

    def _settlement(self, order: Order, lines: list[ReportLine], *id: str) -> ReportPspSettlement:
        return ReportPspSettlement(
            **self._envelope(*id, line=lines[0].line),
            merchant_id=order[0],
            order_id=order[1],
            psp=self._told.psp,
            batch_ref=self._batch.batch_ref,
            lines=tuple(_psp_line(line) for line in lines),
            bank_entry_ref=self._batch.bank_entry_ref,
            value_date=self._batch.value_date,
        )

    def _whole(self, routed: list[ReportLine], fees: list[ReportLine]) -> ReportPspBatch:
        batch, day = self._batch, self._batch.value_date
        orders_cash = total([_psp_line(line).cash_on(day) for line in routed], CNY)
        own = tuple(BatchFee(psp_ref=line.psp_ref, amount=-line.net, rate=line.rate) for line in fees)
        every = [*routed, *fees]
        computed = total([_psp_line(line).cash_on(day) for line in batch.lines], CNY)
        currencies = sorted({line.gross.currency for line in batch.lines})
        return ReportPspBatch(
            **self._envelope("batch", batch.batch_ref, line=1),
            psp=self._told.psp,
            batch_ref=batch.batch_ref,
            digest=self._told.file.digest,
            line_count=len(every),
            totals=tuple(_total(batch, currency) for currency in currencies),
            fees=own,
            orders_cash=orders_cash,
            cash=batch.cash if batch.cash is not None else computed,
            bank_entry_ref=batch.bank_entry_ref,
            value_date=day,
        )

    def _unknown(self, line: ReportLine) -> NoteUnroutedFact:
        """A line that no order knows: it waits in the inbox, and the batch shows its cash as unexplained."""
        refs = {"batch_ref": self._batch.batch_ref, "kind": line.kind, "reference": line.reference}
        body = {name: {"currency": m.currency, "minor": m.minor} for name in ("gross", "fee", "net")
                for m in (getattr(line, name),)}  # fmt: skip
        return NoteUnroutedFact(
            **self._envelope("unknown", line.psp_ref, line=line.line),
            system=self._told.psp,
            reference=line.psp_ref,
            kind="psp_line_extra",
            refs=refs,
            body=body,
        )

    def _envelope(self, *parts: str, line: int) -> dict[str, object]:
        noon = datetime.combine(self._batch.value_date, time(12), ACCOUNTING_ZONE)
        return {
            "id": self._told.file.command_id(self._batch.batch_ref, *parts),
            "actor": self._actor,
            "source": Source(system=self._told.psp, external_id=f"{self._told.file.name}:{line}"),
            "occurred_at": min(noon, self._told.now),
        }


def _shared(line: ReportLine, known: list[PspReference]) -> Iterator[_Part]:
    """One capture of a checkout with several orders is settled in one line: each order has its part of it."""
    orders = {(each.merchant, each.order_id): each for each in known if each.kind in (line.kind, "submission")}
    orders = orders or {(each.merchant, each.order_id): each for each in known[:1]}
    weights = [abs(each.amount.minor) for each in orders.values()]
    if len(orders) == 1 or not any(weights):
        yield _Part(line, next(iter(orders)))
        return
    parts = zip(orders, split(line.gross, weights), split(line.fee, weights), _cash_parts(line, weights), strict=True)
    for order, gross, fee, cash in parts:
        yield _Part(replace(line, gross=gross, fee=fee, net=gross - fee, cash=cash), order)


def _cash_parts(line: ReportLine, weights: list[int]) -> list[Money] | list[None]:
    return split(line.cash, weights) if line.cash is not None else [None] * len(weights)


def _psp_line(line: ReportLine) -> PspLine:
    return PspLine(
        psp_ref=line.psp_ref,
        kind=line.kind,
        reference=line.reference or None,
        gross=line.gross,
        fee=line.fee,
        net=line.net,
        rate=line.rate,
        cash=line.cash,
    )


def _total(batch: ReportBatch, currency: str) -> BatchTotal:
    lines = [line for line in batch.lines if line.gross.currency == currency]
    gross, fee, net = (total([getattr(line, name) for line in lines], currency) for name in ("gross", "fee", "net"))
    return BatchTotal(gross=gross, fee=fee, net=net)
