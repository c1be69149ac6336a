"""Settlement reports into the ledger: each line to the order it settles, or to a capture that no order will have; what
is of neither to the inbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from commands.command import Command
from commands.note_unrouted_fact import NoteUnroutedFact
from commands.psp_lines import PspLine
from commands.recording import ACCOUNTING_ZONE
from commands.report_psp_batch import BatchFee, ReportPspBatch
from commands.report_psp_settlement import ReportPspSettlement
from commands.report_unallocated_settlement import ReportUnallocatedSettlement
from ledger.events.psp_settlement import BatchTotal
from ledger.fx import CNY, unity
from ledger.ids import inbox_stream, order_stream
from ledger.money import Money, split, total
from ledger.streams.loading import load_each
from ledger.streams.reference_streams import InboxItem
from ledger.who import Actor, Source
from projections.psp_references import PspReference, PspReferences, inbox_captures_of, orders_of
from service.adapters.files.days import check_days
from service.adapters.files.importing import FileSummary, Progress, RawFile, Row, import_rows
from service.adapters.files.unread import unread_rows
from service.adapters.files.waiting import Waiting, out_of_the_inbox, waiting
from service.adapters.psp.report import ReportBatch, ReportLine
from service.app import App

KIND = "psp_report"
_PLATFORM_BOOK = 0
Order = tuple[str, str]  # merchant, order


@dataclass(frozen=True, slots=True)
class Stray:
    """A capture that stands in the inbox and that no order will have."""

    capture_ref: str


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

    Told again it changes nothing. With `route`, lines that nothing was known of then go where they belong now.
    """
    days = [(batch.lines[0].line, batch.value_date) for batch in batches if batch.lines]
    check_days(file.name, days, app.clock())
    app.catch_up([PspReferences()])
    names = sorted({name for batch in batches for line in batch.lines for name in _names(line)})
    found, held = _found(app, psp, names), _inbox_captures(app, psp, names)
    before = waiting(app, file, KIND, psp, (line.psp_ref for batch in batches for line in batch.lines))
    told = _Told(file, psp, found, _strays(held), _on_their_way(held), before, route, app.clock())
    rows = [row for batch in batches for row in _Batch(told, batch).rows()]
    rows += unread_rows(file, [item for batch in batches for item in batch.unread], system=psp)
    header = {batch.batch_ref: f"{len(batch.lines)} lines, {batch.cash or 'cash not said'}" for batch in batches}
    return import_rows(app, file, kind=KIND, partner=psp, header=header, rows=rows, progress=progress)


def _names(line: ReportLine) -> list[str]:
    """What it settles, by any name of it."""
    return [name for name in (line.reference, *line.also) if name]


def _found(app: App, psp: str, names: list[str]) -> dict[str, list[PspReference]]:
    found: dict[str, list[PspReference]] = {}
    for reference in orders_of(app.views, psp, names).references:
        found.setdefault(reference.reference, []).append(reference)
    return found


def _inbox_captures(app: App, psp: str, names: list[str]) -> dict[str, dict[str, InboxItem]]:
    """The captures that stand, or once stood, in the inbox, by the names they are known by, each by its own."""
    known = inbox_captures_of(app.views, psp, names)
    books = {inbox_stream(psp, ref): _PLATFORM_BOOK for refs in known.values() for ref in refs}
    items = load_each(app.ledger.reader, books, InboxItem)
    return {name: {ref: items[inbox_stream(psp, ref)] for ref in refs} for name, refs in known.items()}


def _strays(held: dict[str, dict[str, InboxItem]]) -> dict[str, Stray]:
    """Those whose money can go to no order any more; the others' wait until it has."""
    no_orders = {name: [ref for ref, item in known.items() if item.is_no_orders] for name, known in held.items()}
    return {name: Stray(refs[0]) for name, refs in no_orders.items() if len(refs) == 1}


def _on_their_way(held: dict[str, dict[str, InboxItem]]) -> frozenset[str]:
    """Those that orders have a part of, and the inbox still has the rest: nobody knows yet who shares the line."""
    return frozenset(
        name for name, known in held.items() if any(item.is_of_orders and not item.is_routed for item in known.values())
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """What of a line is one order's, or a stray capture's."""

    line: ReportLine
    of: Order | Stray


@dataclass(frozen=True, slots=True)
class _Told:
    """What the commands of every batch of a report rest on."""

    file: RawFile
    psp: str
    found: dict[str, list[PspReference]]
    strays: dict[str, Stray]
    on_their_way: frozenset[str]
    waiting: Waiting
    route: bool
    now: datetime


class _Batch:
    """The commands of one batch."""

    def __init__(self, told: _Told, batch: ReportBatch) -> None:
        self._told, self._batch = told, batch
        self._actor = Actor(kind="partner", id=told.psp, role="psp")
        self._payout_currency = self._paid_out_in()

    def rows(self) -> Iterator[Row]:
        by_owner: dict[Order | Stray, list[ReportLine]] = {}
        fees: list[ReportLine] = []
        waiting, route = self._told.waiting, self._told.route
        for line in self._batch.lines:
            parts = [] if waiting.keeps(line.psp_ref, route=route) else list(self._parts(line))
            if parts and waiting.leaves(line.psp_ref, route=route):
                yield Row(line.line, tuple(self._out_of_the_inbox(line, parts)), leaves_inbox=True)
                continue
            for part in parts:
                by_owner.setdefault(part.of, []).append(part.line)
            if not parts and line.kind == "fee":
                fees.append(line)
            elif not parts:
                yield Row(line.line, (self._unknown(line),))
        for owner, lines in by_owner.items():
            yield Row(lines[0].line, (self._settlement(owner, lines),))
        routed = [line for lines in by_owner.values() for line in lines]
        yield Row(self._batch.lines[-1].line if self._batch.lines else 1, (self._whole(routed, fees),))

    def _parts(self, line: ReportLine) -> Iterator[_Part]:
        """The orders a line is of: as it says itself, else as its references are known; else the stray capture."""
        if line.kind == "other":
            return
        if line.merchant_id and line.order_id:
            yield _Part(line, (line.merchant_id, line.order_id))
            return
        if not self._told.on_their_way.isdisjoint(_names(line)):
            return
        for name in _names(line):
            if known := self._told.found.get(name):
                yield from _shared(line, known)
                return
        strays = [stray for name in _names(line) if (stray := self._told.strays.get(name))]
        if strays and line.kind in ("charge", "refund", "dispute"):
            yield _Part(line, strays[0])

    def _out_of_the_inbox(self, line: ReportLine, parts: list[_Part]) -> Iterator[Command]:
        for part in parts:
            yield self._settlement(part.of, [part.line], "routed", line.psp_ref)
        streams = [self._stream(part.of) for part in parts]
        if streams != [inbox_stream(self._told.psp, line.psp_ref)]:  # a line named as its capture was noted there
            yield out_of_the_inbox(self._told.file, self._told.psp, line.psp_ref, streams)

    def _stream(self, owner: Order | Stray) -> str:
        return inbox_stream(self._told.psp, owner.capture_ref) if isinstance(owner, Stray) else order_stream(*owner)

    def _settlement(self, owner: Order | Stray, lines: list[ReportLine], *routed: str) -> Command:
        said: dict[str, Any] = {
            "psp": self._told.psp,
            "batch_ref": self._batch.batch_ref,
            "lines": tuple(_psp_line(line) for line in lines),
            "bank_entry_ref": self._batch.bank_entry_ref,
            "value_date": self._batch.value_date,
            "payout_currency": self._payout_currency,
        }
        if isinstance(owner, Stray):
            id = (*(routed or ("inbox",)), owner.capture_ref)
            said |= self._envelope(*id, line=lines[0].line)
            return ReportUnallocatedSettlement(**said, capture_ref=owner.capture_ref)
        said |= self._envelope(*(routed or ("order",)), *owner, line=lines[0].line)
        return ReportPspSettlement(**said, merchant_id=owner[0], order_id=owner[1])

    def _paid_out_in(self) -> str | None:
        """The currency of the deposit, where the report or what it settles tells: CNY, or what the provider settles in
        where that is not what buyers were charged in."""
        lines = self._batch.lines
        settled_in = {line.net.currency for line in lines}
        if self._batch.cash is not None or any(line.cash is not None for line in lines) or len(settled_in) != 1:
            return CNY
        charged_in = {currency for line in lines for currency in self._charged_in(line)}
        return None if charged_in <= settled_in else settled_in.pop()

    def _charged_in(self, line: ReportLine) -> Iterator[str]:
        if line.charged is not None:
            yield line.charged.currency
        else:
            known = self._told.found.get(line.reference, [])
            yield from (each.amount.currency for each in known if each.kind == line.kind)

    def _whole(self, routed: list[ReportLine], fees: list[ReportLine]) -> ReportPspBatch:
        batch, day = self._batch, self._batch.value_date
        orders_cash = total([_psp_line(line).cash_on(day) for line in routed], CNY)
        own = tuple(BatchFee(psp_ref=line.psp_ref, amount=-line.net, rate=line.rate) for line in fees)
        every = [*routed, *fees]
        computed = total([_cash_on(line, day) for line in batch.lines], CNY)
        currencies = sorted({line.gross.currency for line in batch.lines})
        abroad = self._payout_currency not in (None, CNY)
        deposit = total([line.net for line in batch.lines], currencies[0]) if abroad else None
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
            deposit=deposit,
        )

    def _unknown(self, line: ReportLine) -> NoteUnroutedFact:
        """A line that no order knows, or that is about none: it waits in the inbox, and the batch shows its cash as
        unexplained."""
        refs = {"batch_ref": self._batch.batch_ref, "kind": line.kind, "reference": line.reference}
        is_other = line.kind == "other"
        if is_other:
            reason = f"{line.category} is about no order: it is money of the account itself, or not understood"
            refs |= {"category": line.category, "reason": reason}
        body = {name: {"currency": m.currency, "minor": m.minor} for name in ("gross", "fee", "net")
                for m in (getattr(line, name),)}  # fmt: skip
        return NoteUnroutedFact(
            **self._envelope("unknown", line.psp_ref, line=line.line),
            system=self._told.psp,
            reference=line.psp_ref,
            kind="psp_line_other" if is_other else "psp_line_extra",
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
    cash, charged = _each_part(line.cash, weights), _each_part(line.charged, weights)
    parts = zip(orders, split(line.gross, weights), split(line.fee, weights), cash, charged, strict=True)
    for order, gross, fee, cash_part, charged_part in parts:
        part = replace(line, gross=gross, fee=fee, net=gross - fee, cash=cash_part, charged=charged_part)
        yield _Part(part, order)


def _each_part(amount: Money | None, weights: list[int]) -> list[Money] | list[None]:
    return split(amount, weights) if amount is not None else [None] * len(weights)


def _cash_on(line: ReportLine, day: date) -> Money:
    """What a line brought in CNY, whatever it is about."""
    return line.cash if line.cash is not None else (line.rate or unity(CNY, day)).convert(line.net)


def _psp_line(line: ReportLine) -> PspLine:
    assert line.kind != "other", "only lines of orders, captures and fees are settled"
    return PspLine(
        psp_ref=line.psp_ref,
        kind=line.kind,
        reference=line.reference or None,
        gross=line.charged or line.gross,
        fee=line.fee,
        net=line.net,
        rate=line.rate,
        cash=line.cash,
    )


def _total(batch: ReportBatch, currency: str) -> BatchTotal:
    lines = [line for line in batch.lines if line.gross.currency == currency]
    gross, fee, net = (total([getattr(line, name) for line in lines], currency) for name in ("gross", "fee", "net"))
    return BatchTotal(gross=gross, fee=fee, net=net)
