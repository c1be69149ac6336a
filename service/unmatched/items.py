"""Lists unmatched items for people, with the orders that their references are known by, and matches them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from commands.bus.outcome import Outcome, first_fault
from commands.unmatched.match_payment import Part
from ledger.actors import Actor
from ledger.canonical import digest
from ledger.ids import PLATFORM_BOOK, UNMATCHED, order_stream, unmatched_break, unmatched_stream
from ledger.log.rows import Recorded
from ledger.money import Money, total
from ledger.references import reference_key
from ledger.streams.loader import load_stream
from ledger.streams.orders.order import Order
from ledger.streams.reference_data import UnmatchedItem
from projections.balances.balances import NOW, AsOf
from projections.engine.views import Views
from projections.keyset import Key
from projections.reconciliation.psp_references import orders_of
from projections.tracking.tracking_numbers import TrackingNumbers
from projections.worklists.exceptions import ExceptionRow, exceptions
from service.app import App
from service.failures import ServiceFailure
from service.unmatched.fact_matches import FactMatcher, unmatched_item
from service.unmatched.line_matches import report_lines
from service.unmatched.payment_matches import PaymentMatcher
from service.unmatched.scan_matches import ScanMatcher

State = Literal["waiting", "planned", "matched_in_part", "stands_twice", "refunding"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One item. `amount` is the part of the capture that no order has taken, `base` its value in CNY, and `refunded`
    the part owed back to the buyer; all are None without a capture. `orders` are `merchant/order` of its known
    references.

    `stands_twice`: an order has recorded the same capture, so that it counts twice until it is matched with that order.
    """

    system: str
    reference: str
    what: tuple[str, ...]
    amount: Money | None
    base: Money | None
    refunded: Money | None
    state: State
    refs: Mapping[str, str]
    orders: tuple[str, ...]
    happened_at: datetime

    @property
    def stream(self) -> str:
        return unmatched_stream(self.system, self.reference)

    def age(self, now: datetime) -> timedelta:
        return now - self.happened_at


class PartNotTaken(ServiceFailure):
    """An order did not take its part: it has other money under the same reference, or no rate was known. Its stream has
    a break.
    """


class OrderNotPlaced(ServiceFailure):
    """The named order is not placed. Money matched with it would be lost from view."""


def waiting(
    app: App, timepoint: AsOf = NOW, *, views: Views | None = None, limit: int = 500, after: Key | None = None
) -> list[Waiting]:
    """Returns the unmatched items, the oldest first, at a time in the past if `timepoint` names one. Their orders are
    those known now. Raises `ViewBehind`.
    """
    views = views or app.views
    behind = after and (*after, unmatched_break(str(after[1])))
    rows = exceptions(
        views, kind=UNMATCHED, limit=limit, after=behind, timepoint=timepoint, timeout_s=timepoint.timeout_s
    )
    items = {row.stream: UnmatchedItem(row.stream) for row in rows}
    for recorded in app.ledger.reader.rows_of_streams(dict.fromkeys(items, PLATFORM_BOOK)) if items else ():
        if _was_known(recorded, timepoint):
            _remember(items[recorded.stream], recorded)
    found = [_row(row, items[row.stream]) for row in rows]
    return _with_orders(app.views, found, of_now=timepoint.as_of is None and timepoint.as_known_at is None)


def _remember(item: UnmatchedItem, recorded: Recorded) -> None:
    """Applies an event to the item. An unreadable event is left out: the item is still listed."""
    if (event := recorded.readable_event) is not None:
        item.apply(event)


def _was_known(recorded: Recorded, timepoint: AsOf) -> bool:
    in_time = timepoint.as_of is None or recorded.accounting_date <= timepoint.as_of
    return in_time and (timepoint.as_known_at is None or recorded.recorded_at <= timepoint.as_known_at)


def match(app: App, system: str, reference: str, parts: Sequence[Part], *, actor: Actor) -> Outcome:
    """Matches money with these orders, or facts with a single order. Finishes the plan if the same one was made before.
    Raises `ServiceFailure`.
    """
    reference = reference_key(reference)  # people write it as they see it
    if missing := [part for part in parts if not _is_placed(app, part)]:
        names = ", ".join(f"{part.merchant_id}/{part.order_id}" for part in missing)
        raise OrderNotPlaced(f"There is no order {names}. Name orders that are placed, as merchant/order.")
    item = unmatched_item(app.ledger, system, reference)
    id = _named_after(item, parts)
    if item.capture and not (item.is_matched and item.noted_since):
        matcher = PaymentMatcher(app.ledger, app.bus)
        done = matcher.carry_out(system, reference) if _is_planned(item, parts) else None
        done = done or matcher.match(system, reference, parts, actor=actor, id=id)
        return _all_taken(app, done, system, reference) if done.is_accepted else done
    if len(parts) != 1 or parts[0].amount:
        raise ServiceFailure(f"No money waits under {reference} of {system}. Name one order, without an amount.")
    only = {"merchant_id": parts[0].merchant_id, "order_id": parts[0].order_id}
    app.catch_up([TrackingNumbers()])
    if fault := first_fault(ScanMatcher(app.ledger, app.bus, app.views).report_to(item.noted, **only)):
        return fault
    if fault := first_fault(report_lines(app, item, (parts[0].merchant_id, parts[0].order_id))):
        return fault
    return FactMatcher(app.ledger, app.bus).match(system, reference, **only, actor=actor, id=id)


def _all_taken(app: App, done: Outcome, system: str, reference: str) -> Outcome:
    """Returns the outcome. Raises `PartNotTaken` if the plan has ended and a part of the money is left."""
    item = unmatched_item(app.ledger, system, reference)
    if item.plan is None:
        raise PartNotTaken(
            f"Not every order has taken its part of {reference}: {item.to_match} is left. Match it with other orders."
        )
    return done


def _named_after(item: UnmatchedItem, parts: Sequence[Part]) -> str:
    """Returns the command's id, which depends on the parts and on the item's version: a refusal is not repeated after
    the item has changed.
    """
    asked = ",".join(f"{part.merchant_id}/{part.order_id}={part.amount or ''}" for part in parts)
    return f"route.{digest(f'{item.name} {item.version} {asked}')[:32]}"


def _is_planned(item: UnmatchedItem, parts: Sequence[Part]) -> bool:
    planned = item.plan.parts if item.plan else ()
    return len(planned) == len(parts) and all(
        (each.merchant_id, each.order_id) == (part.merchant_id, part.order_id) and part.amount in (None, each.amount)
        for each, part in zip(planned, parts, strict=True)
    )


def _row(row: ExceptionRow, item: UnmatchedItem) -> Waiting:
    _, system, reference = row.stream.split("/")
    capture = item.capture if not item.is_matched else None
    given = [refund.owed for refund in item.refunds.values()]
    kinds = [fact.kind for fact in item.noted[len(item.noted) - item.noted_since :]]
    what = (*(("captured",) if capture else ()), *dict.fromkeys(kinds))
    refs = {name: value for fact in item.noted for name, value in fact.refs.items()} | dict(row.refs)
    return Waiting(
        system=system,
        reference=reference,
        what=what,
        amount=item.to_match if capture else None,
        base=capture.base - item.taken_base if capture else None,
        refunded=total(given, capture.amount.currency) if capture else None,
        state=_state(item) if capture else "waiting",
        refs=refs,
        orders=(),
        happened_at=row.since,
    )


def _state(item: UnmatchedItem) -> State:
    if item.plan:
        return "planned"
    return "matched_in_part" if item.taken else "refunding" if item.refunds else "waiting"


def _with_orders(views: Views, rows: Sequence[Waiting], *, of_now: bool) -> list[Waiting]:
    names: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        names[row.system] |= {row.reference, *_named(row)}
    known: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    charged: set[tuple[str, str]] = set()
    for system, reported in names.items():
        for found in orders_of(views, system, sorted(reported)).references:
            known[system, found.reference].add(f"{found.merchant}/{found.order_id}")
            if of_now and found.kind == "charge":
                charged.add((system, found.reference))
    return [_reported(row, known, charged) for row in rows]


def _reported(row: Waiting, known: Mapping[tuple[str, str], set[str]], charged: set[tuple[str, str]]) -> Waiting:
    orders = {order for name in (row.reference, *_named(row)) for order in known.get((row.system, name), ())}
    twice = row.state != "matched_in_part" and row.amount is not None and (row.system, row.reference) in charged
    return replace(row, orders=tuple(sorted(orders)), state="stands_twice" if twice else row.state)


def _named(row: Waiting) -> list[str]:
    return [name for name in row.refs.get("named", "").split(",") if name]


def _is_placed(app: App, part: Part) -> bool:
    book = app.ledger.directory.known_book_of(part.merchant_id)
    if book is None:
        return False
    return load_stream(app.ledger.reader, book, order_stream(part.merchant_id, part.order_id), Order).placed is not None
