"""Matches earlier settlement lines with the capture, refund or dispute that is reported now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from commands.command import Command
from commands.contradictions import break_once, explained
from commands.settlement.settled_lines import ASSUMED
from ledger.accounting_days import accounting_day
from ledger.events.event import Event
from ledger.events.psp_settlement import PspDepositMoved, PspSettlementMatched
from ledger.events.unmatched_money import UnmatchedFundsMatched
from ledger.streams.breaks import Break
from ledger.streams.orders.order import Order
from ledger.streams.receivables import Match, Receivables, settled_name
from ledger.streams.reference_data import UnmatchedItem
from ledger.streams.stream import Stream

_EXTRA = "psp_line_extra"


def matched(command: Command, stream: Stream, events: Iterable[Event]) -> Iterator[Event]:
    """Yields the matches that these events allow, so that the books do not depend on the order of the reports."""
    if not isinstance(stream, Order | UnmatchedItem) or not stream.receivables.has_advances:
        return
    known = stream.receivables.copy()
    for event in events:
        known.remember(event)
    for match in known.matches():
        yield _matched(command, stream, match)
        yield from _explained(command, stream, known, match)


def _matched(command: Command, stream: Order | UnmatchedItem, match: Match) -> Event:
    said: dict[str, Any] = {
        "psp": match.advance.psp,
        "batch_ref": match.advance.batch_ref,
        "kind": match.kind,
        "reference": match.reference,
        "settled": match.settled,
        "settled_base": match.settled_base,
        "cleared": match.cleared,
        "cleared_base": match.cleared_base,
        "fx": match.cleared_base - match.settled_base,
        "posted_on": _posted_on(command, match),
    }
    if isinstance(stream, Order):
        _, merchant_id, order_id = stream.name.split("/")
        return PspSettlementMatched(**said, merchant_id=merchant_id, order_id=order_id)
    payment_id = stream.capture.payment_id if stream.capture else None
    return UnmatchedFundsMatched(**said, capture_ref=stream.name.split("/")[-1], payment_id=payment_id)


def _explained(command: Command, stream: Stream, known: Receivables, match: Match) -> Iterator[Event]:
    """Resolves the break of the extra line; a remaining difference opens another break."""
    open_breaks = [each for each in stream.known_breaks.values() if each.is_open]
    of_match = [each for each in open_breaks if _is_of(each, known, match)]
    of_line = [each for each in open_breaks if _is_of_a_line_by_capture(each, match)][:1]
    for known_break in of_match or of_line:
        yield explained(command, known_break, "reported_later", "has reported what the line settles")
        yield from _deposit(command, stream, known, match, known_break)
        if not match.is_exact:
            expected, refs = f"at most {match.cleared}", known_break.opened.refs
            yield from break_once(
                stream.known_breaks,
                kind="amount_mismatch",
                expected=expected,
                actual=known_break.opened.actual,
                refs=refs,
                at=command.decided_at,
            )


def _deposit(
    command: Command, stream: Stream, known: Receivables, match: Match, known_break: Break
) -> Iterator[PspDepositMoved]:
    """Moves the deposit of a line that was assumed to be paid in CNY, if its item is in another currency."""
    refs = known_break.opened.refs
    name = settled_name(refs["batch_ref"], refs["psp_ref"], match.kind)
    line, is_assumed = known.settled_lines.get(name), ASSUMED.items() <= refs.items()
    if line and is_assumed and match.settled.currency != match.cleared.currency and isinstance(stream, Order):
        _, merchant_id, order_id = stream.name.split("/")
        yield PspDepositMoved(
            merchant_id=merchant_id,
            order_id=order_id,
            psp=match.advance.psp,
            batch_ref=refs["batch_ref"],
            psp_ref=refs["psp_ref"],
            deposit=line.net,
            base=line.cash,
            posted_on=_posted_on(command, match),
        )


def _posted_on(command: Command, match: Match) -> date:
    return max(match.advance.value_date, accounting_day(command.happened_at))


def _is_of(known_break: Break, known: Receivables, match: Match) -> bool:
    opened = known_break.opened
    reference = known.named(opened.refs.get("reference", ""))
    is_it = (opened.refs.get("line_kind"), reference) == (match.kind, match.reference)
    return opened.kind == _EXTRA and is_it


def _is_of_a_line_by_capture(known_break: Break, match: Match) -> bool:
    """True if the break is of a line of this amount that named only the capture of the item."""
    opened = known_break.opened
    named = opened.refs.get("line_kind"), opened.refs.get("reference"), opened.actual
    return opened.kind == _EXTRA and named == (match.kind, match.advance.reference, str(match.settled))
