"""Working through a provider's lines about one order or one capture, each on what the ones before it left to settle."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

from commands.psp_lines import PspLine
from ledger.events.event import Event
from ledger.events.psp_settlement import SettledLine
from ledger.fx import CNY
from ledger.money import Money, total
from ledger.streams.receivables import Receivables, settled_name

_TOLERANCE_FEN = 1  # one rounding of the provider's and one of ours

# The break beside a line: its kind, what was expected, and what the line says instead.
Contradict = Callable[[PspLine, str, str, Money], Iterable[Event]]


@dataclass(slots=True)
class Settling:
    """The lines of one batch. `left` is what is owed before them, and is settled as they are taken."""

    batch_ref: str
    day: date
    left: Receivables
    contradict: Contradict
    settled: list[SettledLine] = field(default_factory=list)
    flags: list[Event] = field(default_factory=list)

    @property
    def cash(self) -> Money:
        return total([line.cash for line in self.settled], CNY)

    def take(self, lines: Iterable[PspLine]) -> None:
        for line in lines:
            for part in line.parts(self.day):
                self._take(part)

    def _take(self, line: PspLine) -> None:
        name = settled_name(self.batch_ref, line.psp_ref, line.kind)
        before = self.left.settled_lines.get(name)
        if before is not None:
            if before != line.gross:
                self._flag(line, "amount_mismatch", str(before), line.gross)
            return
        settled = self._settled(line)
        self.settled.append(settled)
        self.left.settle(self.batch_ref, settled)
        self._check_cash(line, settled)

    def _settled(self, line: PspLine) -> SettledLine:
        cleared, cash, fee_base = self._cleared(line), line.cash_on(self.day), line.fee_base(self.day)
        return SettledLine(
            psp_ref=line.psp_ref,
            kind=line.kind,
            reference="" if line.kind == "fee" else line.settles,
            gross=line.gross,
            fee=line.fee,
            net=line.net,
            rate=line.rate_on(self.day),
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
        rate = line.rate_on(self.day)
        item = self.left.find(line.kind, line.settles, line.gross)
        if item is None or item.amount.currency != line.gross.currency:
            self._flag(line, "psp_line_extra", f"no such {line.kind}", line.gross)
            return rate.convert(line.gross)
        known = item.clearing(line.gross)
        if known is not None:
            return known
        self._flag(line, "amount_mismatch", f"at most {item.left}", line.gross)
        return item.left_base + rate.convert(line.gross - item.left)

    def _check_cash(self, line: PspLine, settled: SettledLine) -> None:
        if line.cash is None or line.net.currency != settled.rate.base:
            return
        expected = settled.rate.convert(line.net)
        if abs((line.cash - expected).minor) > _TOLERANCE_FEN:
            self._flag(line, "fx_out_of_tolerance", str(expected), line.cash)

    def _flag(self, line: PspLine, kind: str, expected: str, actual: Money) -> None:
        self.flags += self.contradict(line, kind, expected, actual)
