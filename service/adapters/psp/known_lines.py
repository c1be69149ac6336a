"""What is known of the lines of a settlement report: their orders, or the captures that no order will have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from ledger.ids import unmatched_stream
from ledger.money import Money, split
from ledger.streams.loader import load_each
from ledger.streams.reference_data import UnmatchedItem
from projections.reconciliation.psp_references import PspReference, orders_of, unmatched_captures_of
from service.adapters.psp.report import ReportLine
from service.app import App

_PLATFORM_BOOK = 0
Order = tuple[str, str]  # merchant, order


@dataclass(frozen=True, slots=True)
class UnmatchedCapture:
    """A capture that is unmatched and that no order will have."""

    capture_ref: str


@dataclass(frozen=True, slots=True)
class Part:
    """What of a line is one order's, or a unmatched capture's."""

    line: ReportLine
    of: Order | UnmatchedCapture


@dataclass(frozen=True, slots=True)
class KnownLines:
    """What the references of lines are of. `on_their_way`: orders have a part of the capture, and is still unmatched
    the rest, so that nobody knows yet who shares the line."""

    found: dict[str, list[PspReference]]
    unmatched_refunds: dict[str, UnmatchedCapture]
    on_their_way: frozenset[str]
    is_whole: bool = True  # False where the view has stopped in a book: a name may be of further orders there

    @classmethod
    def of(cls, app: App, psp: str, lines: Iterable[ReportLine]) -> KnownLines:
        """Looks the names of these lines up. Raises `ViewBehind`."""
        names = sorted({name for line in lines for name in names_of(line)})
        found: dict[str, list[PspReference]] = {}
        known_now = orders_of(app.views, psp, names)
        for reference in known_now.references:
            found.setdefault(reference.reference, []).append(reference)
        held = _unmatched_captures(app, psp, names)
        return cls(found, _unmatched_refunds(held), _on_their_way(held), is_whole=not known_now.held.short_in())

    def parts(self, line: ReportLine) -> list[Part]:
        """The orders a line is of: as it says itself, else as its references are known; else the unmatched capture."""
        if line.kind == "other":
            return []
        if line.merchant_id and line.order_id:
            return [Part(line, (line.merchant_id, line.order_id))]
        if not self.on_their_way.isdisjoint(names_of(line)):
            return []
        if known := self._first_known(line):
            return list(_shared(line, known))
        unmatched_refunds = [unmatched for name in names_of(line) if (unmatched := self.unmatched_refunds.get(name))]
        return (
            [Part(line, unmatched_refunds[0])]
            if unmatched_refunds and line.kind in ("charge", "refund", "dispute")
            else []
        )

    def is_still_growing(self, line: ReportLine, *, today: date) -> bool:
        """True if the orders known since today have less of a capture than the line settles: of a checkout with several
        orders, others may be reported yet."""
        gross = line.charged or line.gross
        known = [each for each in self._first_known(line) if each.kind == line.kind == "charge"]
        if not known or {each.amount.currency for each in known} != {gross.currency}:
            return False
        has = sum(each.amount.minor for each in known)
        return has < gross.minor and max(each.since for each in known) >= today

    def _first_known(self, line: ReportLine) -> list[PspReference]:
        return next((known for name in names_of(line) if (known := self.found.get(name))), [])


def names_of(line: ReportLine) -> list[str]:
    """What it settles, by any name of it."""
    return [name for name in (line.reference, *line.also) if name]


def _unmatched_captures(app: App, psp: str, names: list[str]) -> dict[str, dict[str, UnmatchedItem]]:
    """The captures that stand, or once stood, among the unmatched items, by the names they are known by, each by its
    own."""
    known = unmatched_captures_of(app.views, psp, names)
    books = {unmatched_stream(psp, ref): _PLATFORM_BOOK for refs in known.values() for ref in refs}
    items = load_each(app.ledger.reader, books, UnmatchedItem)
    return {name: {ref: items[unmatched_stream(psp, ref)] for ref in refs} for name, refs in known.items()}


def _unmatched_refunds(held: dict[str, dict[str, UnmatchedItem]]) -> dict[str, UnmatchedCapture]:
    """Those whose money can go to no order any more; the others' wait until it has."""
    no_orders = {name: [ref for ref, item in known.items() if item.is_no_orders] for name, known in held.items()}
    return {name: UnmatchedCapture(refs[0]) for name, refs in no_orders.items() if len(refs) == 1}


def _on_their_way(held: dict[str, dict[str, UnmatchedItem]]) -> frozenset[str]:
    """Those that orders have a part of, and the rest is still unmatched: nobody knows yet who shares the line."""
    return frozenset(
        name
        for name, known in held.items()
        if any(item.is_of_orders and not item.is_matched for item in known.values())
    )


def _shared(line: ReportLine, known: list[PspReference]) -> Iterator[Part]:
    """One capture of a checkout with several orders is settled in one line: each order has its part of it.

    The parts are the same in whatever order the orders became known, and bring in what the line does: a batch counts
    the line's cash also while nobody knows whose it is.
    """
    orders = {(each.merchant, each.order_id): each for each in _owners(line, known)}
    weights = [abs(orders[owner].amount.minor) for owner in sorted(orders)]
    if len(orders) == 1 or not any(weights):
        yield Part(line, next(iter(orders)))
        return
    gross, fee = split(line.gross, weights), split(line.fee, weights)
    nets = [each - kept for each, kept in zip(gross, fee, strict=True)]
    cash, charged = _cash_of(line, nets, weights), _each_part(line.charged, weights)
    for order, *amounts in zip(sorted(orders), gross, fee, nets, cash, charged, strict=True):
        names = ("gross", "fee", "net", "cash", "charged")
        yield Part(replace(line, **dict(zip(names, amounts, strict=True))), order)


def _owners(line: ReportLine, known: list[PspReference]) -> list[PspReference]:
    """The references that share a line: of a charge that nobody has reported, those of its payment."""
    if of_kind := [each for each in known if each.kind in (line.kind, "attempt")]:
        return of_kind
    return [each for each in known if each.kind == known[0].kind] if line.kind == "charge" else known[:1]


def _cash_of(line: ReportLine, nets: list[Money], weights: list[int]) -> list[Money] | list[None]:
    """What each net brought in CNY, where that is not the net itself."""
    cash = line.cash if line.cash is not None or line.rate is None else line.rate.convert(line.net)
    is_alike = all((net.minor > 0) == (line.net.minor > 0) for net in nets)
    return _each_part(cash, [abs(net.minor) for net in nets] if is_alike and line.net else weights)


def _each_part(amount: Money | None, weights: list[int]) -> list[Money] | list[None]:
    return split(amount, weights) if amount is not None else [None] * len(weights)
