"""One line of a report for one capture of several orders: the books are the same to the fen, whenever it is known whose
it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from commands.bus.decided_events import decided
from commands.rules import Rules
from commands.settlement import report_psp_batch
from commands.settlement.report_psp_batch import ReportPspBatch
from commands.settlement.report_psp_settlement import ReportPspSettlement
from ledger.fx import Rate
from ledger.journal.entry import Entry
from ledger.journal.posting import post
from ledger.money import Money, total
from ledger.streams.registry import blank
from projections.reconciliation.psp_references import PspReference
from service.partner_facts.files import RawFile
from service.partner_facts.settlement import ReportBatch, ReportLine, SettlementReported
from service.partner_reports.file_references import FileReferences
from service.partner_reports.known_lines import KnownLines
from service.partner_reports.settlement_batches import BatchCommands
from tests.support.given import NOW, PARTNER, reference_of
from tests.support.orders import OrderScenario, capture
from tests.support.payments import OF_DISPUTE

DAY, LATER = date(2025, 4, 1), date(2025, 4, 3)
AT = datetime(2025, 4, 4, tzinfo=UTC)
FILE = RawFile("r.csv", b"a report")


@dataclass(frozen=True)
class Checkout:
    """`captured` of one capture by order; what the provider settles of it, and takes back of it by one dispute each."""

    captured: tuple[int, ...]
    fee: int
    rate: str
    settled_in: str = "USD"
    cash: int | None = None
    disputed: bool = False

    @property
    def lines(self) -> tuple[ReportLine, ...]:
        return (self._charge, *self._disputes) if self.disputed else (self._charge,)

    @property
    def _charge(self) -> ReportLine:
        gross, fee = Money(sum(self.captured), "USD"), Money(self.fee, self.settled_in)
        value = Money(sum(self.captured) * (8 if self.settled_in == "HKD" else 1), self.settled_in)
        return self._line("t-1", "charge", "cap-1", value, fee, charged=gross if self.settled_in == "HKD" else None)

    @property
    def _disputes(self) -> Iterable[ReportLine]:
        for n, minor in enumerate(self.captured):
            taken = Money(-minor * (8 if self.settled_in == "HKD" else 1), self.settled_in)
            charged = Money(-minor, "USD") if self.settled_in == "HKD" else None
            yield self._line(f"d-{n}", "dispute", f"dp-{n}", taken, taken * 0, charged=charged)

    def _line(self, psp_ref: str, kind: Any, reference: str, gross: Money, fee: Money, **other: Any) -> ReportLine:
        rate = Rate(self.settled_in, "CNY", self.rate, "provider_settlement", "stripe", DAY)
        return ReportLine(1, psp_ref, kind, reference, (), gross, fee, gross - fee, rate, **other)

    @property
    def batch(self) -> ReportBatch:
        return ReportBatch("po-1", DAY, "", None, self.lines)


class Books:
    """Orders of one checkout and the batch beside them."""

    def __init__(self, checkout: Checkout, known_since: Sequence[date]) -> None:
        self.checkout, self.since = checkout, known_since
        self.orders = [OrderScenario() for _ in checkout.captured]
        self.batch = blank("psp_batch/stripe/po-1")
        self.entries: list[Entry] = []
        self.references: dict[str, list[PspReference]] = {}

    def capture(self, n: int) -> None:
        amount = Money(self.checkout.captured[n], "USD")
        self.orders[n].submit("report_payment_captured", **capture(amount=str(amount)))
        self._name("cap-1", "charge", n, amount)
        if self.checkout.disputed:
            reported = OF_DISPUTE | {"dispute_id": f"dp-{n}", "amount": str(amount)}
            self.orders[n].submit("report_dispute_funds_withdrawn", **reported)
            self._name(f"dp-{n}", "dispute", n, -amount)

    def _name(self, reference: str, kind: str, n: int, amount: Money) -> None:
        named = PspReference(reference, "stripe", kind, "M-1", f"O-{n}", amount, self.since[n], "")
        rows = [*self.references.get(reference, ()), named]
        self.references[reference] = sorted(rows, key=lambda each: (each.since, each.order_id))

    @property
    def known(self) -> KnownLines:
        """A line is known when all its orders are (`is_still_growing`)."""
        whole = len(self.references.get("cap-1", ())) == len(self.orders)
        found = {name: refs for name, refs in self.references.items() if name != "cap-1" or whole}
        return KnownLines(found, {}, frozenset())

    def report(self) -> set[str]:
        """The batch comes; returns the lines that wait."""
        commands = self._commands(self.checkout.batch)
        for row in commands.rows():
            for command in row.commands:
                self._run(command)
        return {line.psp_ref for line in self.checkout.lines if not self.known.parts(line)}

    def _commands(self, batch: ReportBatch) -> BatchCommands:
        return BatchCommands(SettlementReported("stripe", FILE, batch), FileReferences(now=AT, lines=self.known))

    def take_out(self, waiting: Iterable[str]) -> None:
        for line in self.checkout.lines:
            if line.psp_ref in waiting:
                commands = self._commands(replace(self.checkout.batch, lines=(line,)))
                for command in commands.out_of_the_unmatched_items(line, self.known.parts(line)):
                    self._run(command)

    def _run(self, command: Any) -> None:
        match command:
            case ReportPspSettlement():
                reported = ("psp", "batch_ref", "lines", "value_date", "payout_currency")
                scenario = self.orders[int(command.order_id.removeprefix("O-"))]
                scenario.submit(command.name, by=PARTNER, **{name: getattr(command, name) for name in reported})
            case ReportPspBatch():
                rules = Rules(at=NOW, reference=reference_of(), loaded={})
                for event in decided(report_psp_batch.decide, command.stamped(NOW), self.batch, rules):
                    self.batch.apply(event)
                    self.entries += [entry] if (entry := post(event)) else []

    @property
    def sums(self) -> Counter[tuple[str, str, str]]:
        found: Counter[tuple[str, str, str]] = Counter()
        for entry in [*self.entries, *(entry for scenario in self.orders for entry in scenario.entries)]:
            for line in entry.lines:
                found[line.account, line.currency, "amount"] += line.amount
                found[line.account, line.currency, "base"] += line.base
        return Counter({name: sum_ for name, sum_ in found.items() if sum_})

    @property
    def breaks(self) -> list[str]:
        streams = [self.batch, *(scenario.order for scenario in self.orders)]
        return sorted(each.opened.kind for s in streams for each in s.known_breaks.values() if each.is_open)


CHECKOUTS = some.builds(
    Checkout,
    captured=some.lists(some.integers(1, 9_999), min_size=2, max_size=4).map(tuple),
    fee=some.integers(0, 300),
    rate=some.sampled_from(["7.1500", "7.0933", "6.98765"]),
    settled_in=some.sampled_from(["USD", "HKD"]),
    disputed=some.booleans(),
)


@settings(max_examples=40, deadline=None)
@given(checkout=CHECKOUTS, data=some.data())
def test_a_capture_of_several_orders_comes_to_the_same_books_whenever_they_are_known(
    checkout: Checkout, data: Any
) -> None:
    everyone = range(len(checkout.captured))
    before = Books(checkout, [DAY for _ in everyone])
    for n in everyone:
        before.capture(n)
    assert not before.report()
    order = data.draw(some.permutations(everyone))
    first = data.draw(some.integers(0, len(order)))
    after = Books(checkout, [data.draw(some.sampled_from([DAY, LATER])) for _ in everyone])
    for n in order[:first]:
        after.capture(n)
    waiting = after.report()
    for n in order[first:]:
        after.capture(n)
    after.take_out(waiting)
    assert after.sums == before.sums
    assert after.breaks == before.breaks
    assert not {name for name in after.sums if name[0] in ("1110", "5290")}


def test_the_parts_of_a_line_bring_in_what_the_line_does() -> None:
    """Three thirds of USD 100.00 less 2.31 at 6.98765: each rounded by itself, they are a fen off."""
    checkout = Checkout((33_33, 33_33, 33_34), 2_31, "6.98765")
    books = Books(checkout, [DAY] * 3)
    for n in range(3):
        books.capture(n)
    books.report()
    (line,) = checkout.lines
    assert line.rate is not None
    cash = total([e.cash for scenario in books.orders for e in scenario.events if hasattr(e, "cash")], "CNY")
    assert cash == line.rate.convert(line.net)


def test_each_order_gets_the_same_part_whichever_of_them_was_known_first() -> None:
    parts = []
    for since in ([DAY, LATER, LATER], [LATER, LATER, DAY]):
        books = Books(Checkout((33_33, 33_33, 33_33), 1_00, "7.1500"), since)
        for n in range(3):
            books.capture(n)
        (line,) = books.checkout.lines
        parts.append({part.of: (part.line.fee, part.line.cash) for part in books.known.parts(line)})
    assert parts[0] == parts[1]
