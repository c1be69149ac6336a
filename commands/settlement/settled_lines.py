"""Settles a provider's lines of one order or capture, each against what the lines before it left open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from commands.settlement.psp_lines import PspLine
from ledger.events.event import Event
from ledger.events.psp_settlement import SettledLine
from ledger.fx import CNY, NO_CNY
from ledger.money import Money, half_up, total
from ledger.streams.receivables import Receivables, settled_name

_TOLERANCE_FEN = 1  # one rounding by the provider, and one by us

PaidOut = Literal["abroad", "assumed", "in CNY"]
ASSUMED = {"paid_out": "in_cny_as_assumed"}  # the reference of a break, see `is_assumed`
# opens a break for a line: kind, expected value, actual value, further references
Contradict = Callable[[PspLine, str, str, Money, Mapping[str, str]], Iterable[Event]]


@dataclass(slots=True)
class Settling:
    """The lines of one batch. `left` holds the open receivables, and each line settles a part of them."""

    psp: str
    batch_ref: str
    day: date
    left: Receivables
    contradict: Contradict
    payout_currency: str | None = None
    settled: list[SettledLine] = field(default_factory=list)
    flags: list[Event] = field(default_factory=list)

    @property
    def cash(self) -> Money:
        return total([line.cash for line in self.settled], CNY)

    def take(self, lines: Iterable[PspLine]) -> None:
        for reported in lines:
            line = self._of_a_known_item(reported)
            paid_out: PaidOut = (
                "abroad" if self._is_paid_out_abroad(line) else "assumed" if self._is_assumed(line) else "in CNY"
            )
            for part in line.parts(self.day):
                self._take(part, paid_out)

    def _of_a_known_item(self, line: PspLine) -> PspLine:
        """Returns the line with the reference of an open item, if its own reference has none. A provider that captures
        automatically names the capture like its payment in messages, and with a reference of its own in reports. The
        line of a refund or dispute may name only its capture.
        """
        own = self.left.find(line.kind, line.settles, line.gross)
        if own and own.amount:
            return line
        known = ((name, self.left.find(line.kind, name, line.gross)) for name in line.also)
        open_items = (name for name, item in known if item and item.left)
        given = line.gross_base(self.day)
        reference = next(open_items, None) or self.left.fitting(line.kind, line.settles, line.gross, given)
        return line.model_copy(update={"reference": reference}) if reference else line

    def _is_paid_out_abroad(self, line: PspLine) -> bool:
        """True if the net was paid to a foreign account of ours."""
        settled_in = line.net.currency
        if self.payout_currency is not None:
            return self.payout_currency == settled_in != CNY
        if line.cash is not None or settled_in == CNY:
            return False
        item = self.left.find(line.kind, line.settles, line.gross)
        charged_in = item.amount.currency if item and item.amount else line.gross.currency
        return charged_in != settled_in

    def _is_assumed(self, line: PspLine) -> bool:
        """True if nobody says in which currency the net was paid: the report states one currency, and the item, which
        may have another, is not known.
        """
        item = self.left.find(line.kind, line.settles, line.gross)
        is_known = line.kind == "fee" or (item is not None and bool(item.amount))
        return self.payout_currency is None and line.cash is None and line.net.currency != CNY and not is_known

    def _take(self, line: PspLine, paid_out: PaidOut) -> None:
        name = settled_name(self.batch_ref, line.psp_ref, line.kind)
        before = self.left.settled_lines.get(name)
        if before is not None:
            self._check_repeated(line, before)
            return
        settled = self._settled(self._in_the_buyers_currency(line), paid_out)
        self.settled.append(settled)
        self.left.settle(settled, psp=self.psp, batch_ref=self.batch_ref, value_date=self.day)
        self._check_cash(line, settled)

    def _check_repeated(self, line: PspLine, before: SettledLine) -> None:
        if before.gross.currency == line.gross.currency and before.gross != line.gross:
            self._flag(line, "amount_mismatch", str(before.gross), line.gross)
        elif before.net != line.net:
            self._flag(line, "amount_mismatch", str(before.net), line.net)

    def _in_the_buyers_currency(self, line: PspLine) -> PspLine:
        """Returns the line with its gross in the buyer's currency, if the report states another one."""
        item = self.left.find(line.kind, line.settles, line.gross)
        if item is None or not item.left or item.amount.currency == line.gross.currency:
            return line
        part = item.part_value(line.gross_base(self.day))
        if item.is_less_than(line.gross_base(self.day)):
            self._flag(line, "amount_mismatch", f"at most {item.left}", line.gross)
        return line.model_copy(update={"gross": part}) if part else line

    def _settled(self, line: PspLine, paid_out: PaidOut) -> SettledLine:
        cleared, cash, fee_base = self._cleared(line, paid_out), line.cash_on(self.day), line.fee_base(self.day)
        return SettledLine(
            psp_ref=line.psp_ref,
            kind=line.kind,
            reference="" if line.kind == "fee" else self.left.named(line.settles),
            gross=line.gross,
            fee=line.fee,
            net=line.net,
            rate=line.rate_on(self.day),
            fee_rate=line.fee_rate,
            cleared=cleared,
            fee_base=fee_base,
            cash=cash,
            fx=cleared - fee_base - cash,
            deposit=line.net if paid_out == "abroad" else None,
        )

    def _cleared(self, line: PspLine, paid_out: PaidOut) -> Money:
        """Returns the carrying amount in 1110, or the value at the provider's rate for an unknown reference."""
        if line.kind == "fee" or not line.gross:
            return NO_CNY
        given = line.gross_base(self.day)
        item = self.left.find(line.kind, line.settles, line.gross)
        if item is None or not item.amount or item.amount.currency != line.gross.currency:
            refs = ASSUMED if paid_out == "assumed" else {}
            self.flags += self.contradict(line, "psp_line_extra", self._no_such(line), line.gross, refs)
            return given
        known = item.clearing(line.gross)
        if known is not None:
            return known
        self._flag(line, "amount_mismatch", f"at most {item.left}", line.gross)
        over = half_up(given.minor * (line.gross - item.left).minor, line.gross.minor)
        return item.left_base + Money(over, CNY)

    def _no_such(self, line: PspLine) -> str:
        """Returns the text that no item is known. If the line names a capture, the open items of it follow."""
        items = self.left.open_of(line.kind, line.settles, is_ours=line.gross.minor > 0)
        left = ", ".join(f"{item.left} of {name}" for name, item in items)
        return f"no such {line.kind}; {line.settles} has {left}" if left else f"no such {line.kind}"

    def _check_cash(self, line: PspLine, settled: SettledLine) -> None:
        if line.cash is None or line.net.currency != settled.rate.base:
            return
        expected = settled.rate.convert(line.net)
        if abs((line.cash - expected).minor) > _TOLERANCE_FEN:
            self._flag(line, "fx_out_of_tolerance", str(expected), line.cash)

    def _flag(self, line: PspLine, kind: str, expected: str, actual: Money) -> None:
        self.flags += self.contradict(line, kind, expected, actual, {})
