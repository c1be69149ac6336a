"""A provider settles an unmatched capture or its refund in a batch (P3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from commands.rules import Rules
from commands.settlement.psp_lines import BatchPart, PspLine
from commands.settlement.settled_lines import Settling
from commands.unmatched.unmatched_money import UnmatchedMoneyReport, unmatched_break
from ledger.events.event import Event
from ledger.events.unmatched_money import UnmatchedFundsSettled
from ledger.money import Money
from ledger.streams.receivables import Receivables
from ledger.streams.reference_data import UnmatchedItem


class ReportUnmatchedSettlement(UnmatchedMoneyReport, BatchPart, name="report_unmatched_settlement"):
    """Records the lines of a provider's batch that settle this unmatched capture (P3).

    A line reported again changes nothing. Unknown references and other amounts open a break.
    """


def decide(report: ReportUnmatchedSettlement, item: UnmatchedItem, rules: Rules) -> Iterator[Event]:
    contradict = partial(_contradict, report, item)
    settling = Settling(report.psp, report.batch_ref, report.day, _owed(item), contradict, report.payout_currency)
    settling.take(report.lines)
    if settling.settled:
        yield UnmatchedFundsSettled(
            psp=report.psp,
            capture_ref=report.capture_ref,
            payment_id=item.capture.payment_id if item.capture else None,
            batch_ref=report.batch_ref,
            lines=tuple(settling.settled),
            cash=settling.cash,
            bank_entry_ref=report.bank_entry_ref,
            value_date=report.day,
        )
    yield from settling.flags


def _owed(item: UnmatchedItem) -> Receivables:
    """Returns the open receivables; none if the money belongs to orders, or is being matched."""
    left = item.receivables.copy()
    if item.is_of_orders:
        left.items.clear()
    return left


def _contradict(
    report: ReportUnmatchedSettlement,
    item: UnmatchedItem,
    line: PspLine,
    kind: str,
    expected: str,
    actual: Money,
    further: Mapping[str, str],
) -> Iterator[Event]:
    """Opens a break for a line."""
    refs = {"batch_ref": report.batch_ref, "psp_ref": line.psp_ref, "line_kind": line.kind, "reference": line.settles}
    refs |= further
    yield from unmatched_break(report, item, kind=kind, expected=expected, amount=actual, **refs)
