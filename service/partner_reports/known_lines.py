"""Finds the orders of a settlement report's lines, or the unmatched captures that no order will have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from ledger.events.psp_settlement import SettledKind
from ledger.fx import NO_CNY
from ledger.ids import PLATFORM_BOOK, order_stream, unmatched_stream
from ledger.money import Money, split, total
from ledger.streams.loader import load_each
from ledger.streams.orders.order import Order as OrderState
from ledger.streams.receivables import Receivables
from ledger.streams.reference_data import UnmatchedItem
from projections.reconciliation.psp_references import PspReference, orders_of, unmatched_captures_of
from service.app import App
from service.partner_facts.settlement import ReportLine

Order = tuple[str, str]  # merchant, order
_KINDS: Mapping[str, SettledKind] = {"refund": "refund", "dispute": "dispute"}


@dataclass(frozen=True, slots=True)
class UnmatchedCapture:
    """An unmatched capture that no order will have."""

    capture_ref: str


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a line that belongs to one order or one unmatched capture."""

    line: ReportLine
    of: Order | UnmatchedCapture


@dataclass(frozen=True, slots=True)
class KnownLines:
    """The known references of lines. `on_their_way`: orders have a part of the capture and the rest is unmatched, so
    that it is not known which orders share the line. `receivables` are those of the orders that share a capture which
    the line of a refund or dispute names alone.
    """

    found: dict[str, list[PspReference]]
    unmatched_refunds: dict[str, UnmatchedCapture]
    on_their_way: frozenset[str]
    receivables: Mapping[Order, Receivables] = field(default_factory=dict)
    is_whole: bool = True  # False if the view has stopped in a book, where a reference may belong to further orders

    @classmethod
    def of(cls, app: App, psp: str, lines: Iterable[ReportLine]) -> KnownLines:
        """Looks up the references of these lines. Raises `ViewBehind`."""
        lines = list(lines)
        names = sorted({name for line in lines for name in names_of(line)})
        found: dict[str, list[PspReference]] = {}
        known_now = orders_of(app.views, psp, names)
        for reference in known_now.references:
            found.setdefault(reference.reference, []).append(reference)
        held = _unmatched_captures(app, psp, names)
        shared = _receivables(app, {order for line in lines for order in _orders_of_a_shared_capture(line, found)})
        is_whole = not known_now.held.short_in()
        return cls(found, _unmatched_refunds(held), _on_their_way(held), shared, is_whole=is_whole)

    def parts(self, line: ReportLine) -> list[Part]:
        """Returns the line's parts: the order that it names, else the orders of its references, else the unmatched
        capture.
        """
        if line.kind == "other":
            return []
        if line.merchant_id and line.order_id:
            return [Part(line, (line.merchant_id, line.order_id))]
        if not self.on_their_way.isdisjoint(names_of(line)):
            return []
        if (known := self._first_known(line)) and (owners := _owners(line, known)):
            return list(_shared(line, owners))
        gross, orders = line.charged or line.gross, _orders_of_a_shared_capture(line, self.found)
        fits = [order for order in orders if self._fits(line, gross, order)]
        if len(fits) == 1:
            return [Part(line, fits[0])]
        unmatched_refunds = [unmatched for name in names_of(line) if (unmatched := self.unmatched_refunds.get(name))]
        return (
            [Part(line, unmatched_refunds[0])]
            if unmatched_refunds and line.kind in ("charge", "refund", "dispute")
            else []
        )

    def _fits(self, line: ReportLine, gross: Money, order: Order) -> bool:
        """True if the order has a refund or dispute of this amount, on the capture that the line names."""
        known = self.receivables.get(order)
        return known is not None and known.fitting(_KINDS[line.kind], line.reference, gross, NO_CNY) is not None

    def is_still_growing(self, line: ReportLine, *, today: date) -> bool:
        """Returns True if the orders known since today have less of a capture than the line settles. Further orders of
        a checkout may be reported yet.
        """
        gross = line.charged or line.gross
        known = [each for each in self._first_known(line) if each.kind == line.kind == "charge"]
        if not known or {each.amount.currency for each in known} != {gross.currency}:
            return False
        has = sum(each.amount.minor for each in known)
        return has < gross.minor and max(each.since for each in known) >= today

    def _first_known(self, line: ReportLine) -> list[PspReference]:
        return next((known for name in names_of(line) if (known := self.found.get(name))), [])


def names_of(line: ReportLine) -> list[str]:
    """Returns all references of the thing that the line settles."""
    return [name for name in (line.reference, *line.also) if name]


def _unmatched_captures(app: App, psp: str, names: list[str]) -> dict[str, dict[str, UnmatchedItem]]:
    """Returns the captures that are or were unmatched items, by reference and then by item."""
    known = unmatched_captures_of(app.views, psp, names)
    books = {unmatched_stream(psp, ref): PLATFORM_BOOK for refs in known.values() for ref in refs}
    items = load_each(app.ledger.reader, books, UnmatchedItem)
    return {name: {ref: items[unmatched_stream(psp, ref)] for ref in refs} for name, refs in known.items()}


def _unmatched_refunds(held: dict[str, dict[str, UnmatchedItem]]) -> dict[str, UnmatchedCapture]:
    """Returns the only unmatched capture of each reference whose money can go to no order any more."""
    no_orders = {name: [ref for ref, item in known.items() if item.is_no_orders] for name, known in held.items()}
    return {name: UnmatchedCapture(refs[0]) for name, refs in no_orders.items() if len(refs) == 1}


def _on_their_way(held: dict[str, dict[str, UnmatchedItem]]) -> frozenset[str]:
    """Returns the references of captures of which orders have a part and the rest is unmatched."""
    return frozenset(
        name
        for name, known in held.items()
        if any(item.is_of_orders and not item.is_matched for item in known.values())
    )


def _shared(line: ReportLine, owners: list[PspReference]) -> Iterator[Part]:
    """Yields each order's part of a line, because one line settles a checkout's capture for several orders.

    The parts do not depend on the order in which orders became known. Their cash adds up to the line's.
    """
    orders = {(each.merchant, each.order_id): each for each in owners}
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
    """Returns the references that share a line; those of the payment if the charge is not reported.

    A refund or dispute that is not reported may be named by its capture alone. If several orders have the capture, they
    share a refund of the whole. Any other line is one order's, and it is not known whose: it waits for its report.
    """
    if of_kind := [each for each in known if each.kind in (line.kind, "attempt")]:
        return of_kind
    alike = [each for each in known if each.kind == known[0].kind]
    if line.kind == "charge" or len({(each.merchant, each.order_id) for each in alike}) == 1:
        return alike
    return alike if line.kind == "refund" and alike[0].kind == "charge" and _is_whole(line, alike) else []


def _orders_of_a_shared_capture(line: ReportLine, found: Mapping[str, Sequence[PspReference]]) -> list[Order]:
    """Returns the orders of the capture that the line of a refund or dispute names, if it has several."""
    known = found.get(line.reference, ()) if line.kind in _KINDS else ()
    orders = sorted({(each.merchant, each.order_id) for each in known if each.kind in ("charge", "payment")})
    return orders if len(orders) > 1 else []


def _receivables(app: App, orders: Iterable[Order]) -> dict[Order, Receivables]:
    streams = {order_stream(*order): order for order in orders}
    in_books = app.ledger.directory.books_of(merchant for merchant, _ in streams.values())
    books = {stream: in_books[merchant] for stream, (merchant, _) in streams.items()}
    return {streams[name]: order.receivables for name, order in load_each(app.ledger.reader, books, OrderState).items()}


def _is_whole(line: ReportLine, charges: list[PspReference]) -> bool:
    """True if the line gives back all that these orders were charged."""
    back = line.charged or line.gross
    if {each.amount.currency for each in charges} != {back.currency}:
        return False
    return -back == total([each.amount for each in charges], back.currency)


def _cash_of(line: ReportLine, nets: list[Money], weights: list[int]) -> list[Money] | list[None]:
    """Returns each order's part of the line's cash in CNY; None for each if the line has neither cash nor a rate."""
    cash = line.cash if line.cash is not None or line.rate is None else line.rate.convert(line.net)
    is_alike = all((net.minor > 0) == (line.net.minor > 0) for net in nets)
    return _each_part(cash, [abs(net.minor) for net in nets] if is_alike and line.net else weights)


def _each_part(amount: Money | None, weights: list[int]) -> list[Money] | list[None]:
    return split(amount, weights) if amount is not None else [None] * len(weights)
