"""A provider has paid for captures, refunds or disputes of one order, as a part of a batch (P3)."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

from pydantic import Field

from commands.order_commands import OrderReport, contradiction, flagged_if_future
from commands.psp_lines import PspLine
from commands.recording import accounting_day
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.psp_settlement import PspSettlementReceived, SettledLine
from ledger.fx import CNY
from ledger.ids import Id
from ledger.money import Money, total
from ledger.streams.order import Order
from ledger.streams.receivables import Receivables, settled_name

_TOLERANCE_FEN = 1  # one rounding of the provider's and one of ours


class ReportPspSettlement(OrderReport, name="report_psp_settlement"):
    """The lines of the batch that are about this order. A line told again changes nothing."""

    psp: Id
    batch_ref: Id
    lines: Annotated[tuple[PspLine, ...], Field(min_length=1)]
    bank_entry_ref: str = ""
    value_date: date | None = None

    @property
    def day(self) -> date:
        return self.value_date or accounting_day(self.happened_at)


@dataclass(slots=True)
class _Settling:
    """The lines as they are worked through, each on what the ones before it left to settle."""

    report: ReportPspSettlement
    order: Order
    left: Receivables
    settled: list[SettledLine] = field(default_factory=list)
    flags: list[Event] = field(default_factory=list)

    def take(self, line: PspLine) -> None:
        name = settled_name(self.report.batch_ref, line.psp_ref, line.kind)
        before = self.left.settled_lines.get(name)
        if before is not None:
            if before != line.gross:
                self._flag(line, "amount_mismatch", str(before), str(line.gross))
            return
        settled = self._settled(line)
        self.settled.append(settled)
        self.left.settle(self.report.batch_ref, settled)
        self._check_cash(line, settled)

    def _settled(self, line: PspLine) -> SettledLine:
        day = self.report.day
        cleared, cash, fee_base = self._cleared(line), line.cash_on(day), line.fee_base(day)
        return SettledLine(
            psp_ref=line.psp_ref,
            kind=line.kind,
            reference="" if line.kind == "fee" else line.settles,
            gross=line.gross,
            fee=line.fee,
            net=line.net,
            rate=line.rate_on(day),
            fee_rate=line.fee_rate,
            cleared=cleared,
            fee_base=fee_base,
            cash=cash,
            fx=cleared - fee_base - cash,
        )

    def _cleared(self, line: PspLine) -> Money:
        """What it stood at in 1110; what we know nothing of, at the provider's rate."""
        if line.kind == "fee" or not line.gross:
            return Money(0, CNY)
        rate = line.rate_on(self.report.day)
        item = self.left.find(line.kind, line.settles, line.gross)
        if item is None or item.amount.currency != line.gross.currency:
            self._flag(line, "psp_line_extra", f"no such {line.kind}", str(line.gross))
            return rate.convert(line.gross)
        known = item.clearing(line.gross)
        if known is not None:
            return known
        self._flag(line, "amount_mismatch", f"at most {item.left}", str(line.gross))
        return item.left_base + rate.convert(line.gross - item.left)

    def _check_cash(self, line: PspLine, settled: SettledLine) -> None:
        if line.cash is None or line.net.currency != settled.rate.base:
            return
        expected = settled.rate.convert(line.net)
        if abs((line.cash - expected).minor) > _TOLERANCE_FEN:
            self._flag(line, "fx_out_of_tolerance", str(expected), str(line.cash))

    def _flag(self, line: PspLine, kind: str, expected: str, actual: str) -> None:
        self.flags += contradiction(
            self.report,
            self.order,
            kind=kind,
            expected=expected,
            actual=actual,
            batch_ref=self.report.batch_ref,
            psp_ref=line.psp_ref,
            line_kind=line.kind,
            reference=line.settles,
        )


def decide(report: ReportPspSettlement, order: Order, rules: Rules) -> Iterator[Event]:
    settling = _Settling(report, order, deepcopy(order.receivables))
    for line in report.lines:
        for part in line.parts(report.day):
            settling.take(part)
    if settling.settled:
        yield PspSettlementReceived(
            merchant_id=report.merchant_id,
            order_id=report.order_id,
            psp=report.psp,
            batch_ref=report.batch_ref,
            lines=tuple(settling.settled),
            cash=total([line.cash for line in settling.settled], CNY),
            bank_entry_ref=report.bank_entry_ref,
            value_date=report.day,
        )
        yield from flagged_if_future(report, order, batch_ref=report.batch_ref)
    yield from settling.flags
