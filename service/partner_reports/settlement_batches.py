"""Makes the commands of one batch of a settlement report: each line to its order, then the whole batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

from commands.command import Command
from commands.settlement.psp_lines import PspLine
from commands.settlement.report_psp_batch import BatchFee, ReportPspBatch
from commands.settlement.report_psp_settlement import ReportPspSettlement
from commands.unmatched.report_unmatched_fact import ReportUnmatchedFact
from commands.unmatched.report_unmatched_settlement import ReportUnmatchedSettlement
from ledger.accounting_days import ACCOUNTING_ZONE
from ledger.actors import Actor, Source
from ledger.events.psp_settlement import BatchTotal
from ledger.fx import CNY, unity
from ledger.ids import order_stream, unmatched_stream
from ledger.money import Money, total
from service.partner_facts.files import row_id
from service.partner_facts.settlement import ReportBatch, ReportLine, SettlementReported
from service.partner_reports.file_references import FileReferences
from service.partner_reports.known_lines import Order, Part, UnmatchedCapture
from service.partner_reports.noted_lines import KIND, NotedLine, note_of
from service.partner_reports.rows import Row, out_of_the_unmatched_items


def settlement_rows(fact: SettlementReported, known: FileReferences) -> Iterator[Row]:
    """Yields the rows of a batch: the report to each order, the lines without an order, and the whole batch."""
    yield from BatchCommands(fact, known).rows()


class BatchCommands:
    """Makes the commands of one batch. `payout_currency` is given if it is known already."""

    def __init__(self, reported: SettlementReported, known: FileReferences, payout_currency: str | None = None) -> None:
        self._reported, self._known, self._batch = reported, known, reported.batch
        self._actor = Actor(kind="partner", id=reported.psp, role="psp")
        self._payout_currency = payout_currency or self._paid_out_in()

    def rows(self) -> Iterator[Row]:
        by_owner: dict[Order | UnmatchedCapture, list[ReportLine]] = {}
        fees: list[ReportLine] = []
        unknown: list[ReportLine] = []
        waiting = self._known.waiting
        for line in self._batch.lines:
            parts = [] if waiting.keeps(line.psp_ref) else self._known.lines.parts(line)
            if parts and waiting.leaves(line.psp_ref):
                yield Row(line.line, tuple(self.out_of_the_unmatched_items(line, parts)), leaves_unmatched=True)
                continue
            for part in parts:
                by_owner.setdefault(part.of, []).append(part.line)
            if not parts and line.kind == "fee":
                fees.append(line)
            elif not parts:
                unknown += [line] if line.kind != "other" else []
                yield Row(line.line, (self._unknown(line),))
        for owner, lines in by_owner.items():
            yield Row(lines[0].line, (self._settlement(owner, lines),))
        settled = [line for lines in by_owner.values() for line in lines]
        yield Row(self._batch.lines[-1].line if self._batch.lines else 1, (self._whole([*settled, *unknown], fees),))

    def out_of_the_unmatched_items(self, line: ReportLine, parts: Sequence[Part]) -> Iterator[Command]:
        for part in parts:
            yield self._settlement(part.of, [part.line], "matched", line.psp_ref)
        streams = [self._stream(part.of) for part in parts]
        # An unmatched capture with the line's own reference is the same item, which stays unmatched.
        if streams != [unmatched_stream(self._reported.psp, line.psp_ref)]:
            yield out_of_the_unmatched_items(self._reported.file, self._reported.psp, line.psp_ref, streams)

    def _stream(self, owner: Order | UnmatchedCapture) -> str:
        return (
            unmatched_stream(self._reported.psp, owner.capture_ref)
            if isinstance(owner, UnmatchedCapture)
            else order_stream(*owner)
        )

    def _settlement(self, owner: Order | UnmatchedCapture, lines: list[ReportLine], *matched: str) -> Command:
        said: dict[str, Any] = {
            "psp": self._reported.psp,
            "batch_ref": self._batch.batch_ref,
            "lines": tuple(_psp_line(line) for line in lines),
            "bank_entry_ref": self._batch.bank_entry_ref,
            "value_date": self._batch.value_date,
            "payout_currency": self._payout_currency,
        }
        if isinstance(owner, UnmatchedCapture):
            id = (*(matched or ("unmatched",)), owner.capture_ref)
            said |= self._envelope(*id, line=lines[0].line)
            return ReportUnmatchedSettlement(**said, capture_ref=owner.capture_ref)
        said |= self._envelope(*(matched or ("order",)), *owner, line=lines[0].line)
        return ReportPspSettlement(**said, merchant_id=owner[0], order_id=owner[1])

    def _paid_out_in(self) -> str | None:
        """Returns the currency of the deposit if it is known: CNY, or the provider's settlement currency if that is not
        the buyers' currency.
        """
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
            known = self._known.lines.found.get(line.reference, [])
            yield from (each.amount.currency for each in known if each.kind == line.kind)

    def _whole(self, settled: Sequence[ReportLine], fees: list[ReportLine]) -> ReportPspBatch:
        """Returns the report of the whole batch. Unmatched lines are counted, so that the batch has the same total
        whenever it is reported. The cash of lines about no order is unexplained.
        """
        batch, day = self._batch, self._batch.value_date
        orders_cash = total([_psp_line(line).cash_on(day) for line in settled], CNY)
        own = tuple(BatchFee(psp_ref=line.psp_ref, amount=-line.net, rate=line.rate) for line in fees)
        every = [*settled, *fees]
        computed = total([_cash_on(line, day) for line in batch.lines], CNY)
        currencies = sorted({line.gross.currency for line in batch.lines})
        abroad = self._payout_currency not in (None, CNY)
        deposit = total([line.net for line in batch.lines], currencies[0]) if abroad else None
        return ReportPspBatch(
            **self._envelope("batch", batch.batch_ref, line=1),
            psp=self._reported.psp,
            batch_ref=batch.batch_ref,
            digest=self._reported.file.digest,
            line_count=len(every),
            totals=tuple(_total(batch, currency) for currency in currencies),
            fees=own,
            orders_cash=orders_cash,
            cash=batch.cash if batch.cash is not None else computed,
            bank_entry_ref=batch.bank_entry_ref,
            value_date=day,
            deposit=deposit,
        )

    def _unknown(self, line: ReportLine) -> ReportUnmatchedFact:
        """Returns the unmatched item of a line without an order. It waits for its capture, refund or dispute; a line of
        the account itself waits for people.
        """
        file = self._reported.file
        is_other = line.kind == "other"
        refs, body = note_of(NotedLine(file.name, file.digest, self._batch, line, self._payout_currency))
        if is_other:
            reason = f"{line.category} is about no order: it is money of the account itself, or has an unknown category"
            refs |= {"category": line.category, "amount": str(line.net), "reason": reason}
        return ReportUnmatchedFact(
            **self._envelope("unknown", line.psp_ref, line=line.line),
            system=self._reported.psp,
            reference=line.psp_ref,
            kind="psp_line_other" if is_other else KIND,
            refs=refs,
            body=body,
        )

    def _envelope(self, *parts: str, line: int) -> dict[str, object]:
        noon = datetime.combine(self._batch.value_date, time(12), ACCOUNTING_ZONE)
        return {
            "id": row_id(self._reported.file, self._batch.batch_ref, *parts),
            "actor": self._actor,
            "source": Source(system=self._reported.psp, external_id=f"{self._reported.file.name}:{line}"),
            "occurred_at": min(noon, self._known.now),
        }


def _cash_on(line: ReportLine, day: date) -> Money:
    """Returns the line's cash in CNY, of any kind of line."""
    return line.cash if line.cash is not None else (line.rate or unity(CNY, day)).convert(line.net)


def _psp_line(line: ReportLine) -> PspLine:
    assert line.kind != "other", "only lines of orders, captures and fees are settled"
    return PspLine(
        psp_ref=line.psp_ref,
        kind=line.kind,
        reference=line.reference or None,
        also=line.also,
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
