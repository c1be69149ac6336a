"""A provider settles captures, refunds or disputes of one order in a batch (P3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from commands.contradictions import contradiction
from commands.order_command import OrderReport
from commands.payments.shown_captures import shown_capture
from commands.rules import Rules
from commands.settlement.psp_lines import BatchPart, PspLine
from commands.settlement.settled_lines import Settling
from ledger.events.event import Event
from ledger.events.psp_settlement import PspSettlementReceived
from ledger.ids import Id
from ledger.money import Money
from ledger.streams.orders.order import Order


class ReportPspSettlement(OrderReport, BatchPart, name="report_psp_settlement"):
    """Records the lines of a provider's batch that settle this order (P3).

    A line reported again changes nothing. Unknown references and other amounts open a break.
    """

    psp: Id


def decide(report: ReportPspSettlement, order: Order, rules: Rules) -> Iterator[Event]:
    shown = list(_shown(report, order, rules))
    yield from shown
    order = order.after(*shown) if shown else order
    contradict = partial(_contradict, report, order)
    settling = Settling(
        report.psp, report.batch_ref, report.day, order.receivables.copy(), contradict, report.payout_currency
    )
    settling.take(report.lines)
    if settling.settled:
        yield PspSettlementReceived(
            merchant_id=report.merchant_id,
            order_id=report.order_id,
            psp=report.psp,
            batch_ref=report.batch_ref,
            lines=tuple(settling.settled),
            cash=settling.cash,
            bank_entry_ref=report.bank_entry_ref,
            value_date=report.day,
        )
    yield from settling.flags


def _shown(report: ReportPspSettlement, order: Order, rules: Rules) -> Iterator[Event]:
    """Yields captures that only these lines show."""
    charges = (line for line in report.lines if line.kind == "charge")
    for line in charges:
        about = {"psp": report.psp, "capture_ref": line.settles, "batch_ref": report.batch_ref}
        for payment_id in (line.settles, *line.also):
            events = list(shown_capture(report, order, rules, payment_id=payment_id, **about, gross=line.gross))
            yield from events
            order = order.after(*events) if events else order


def _contradict(
    report: ReportPspSettlement,
    order: Order,
    line: PspLine,
    kind: str,
    expected: str,
    actual: Money,
    further: Mapping[str, str],
) -> Iterator[Event]:
    """Opens a break for a line."""
    refs = {"batch_ref": report.batch_ref, "psp_ref": line.psp_ref, "line_kind": line.kind, "reference": line.settles}
    refs |= further
    yield from contradiction(report, order, kind=kind, expected=expected, actual=str(actual), **refs)
