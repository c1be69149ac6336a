"""The history of an order: each event, the order after it, and its journal entry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import date, datetime
from itertools import compress
from typing import Any, cast

from pydantic import BaseModel
from pydantic_core import from_json

from ledger.actors import fields_of_actor
from ledger.events.event import Undecodable
from ledger.events.platform import PolicyPublished
from ledger.ids import decided_at, order_stream, policy_stream
from ledger.ledger import Ledger
from ledger.log.rows import Recorded
from ledger.money import Money
from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.policies.return_window import ReturnWindow
from ledger.sealed import Sealed
from ledger.streams.orders.order import Order
from ledger.streams.registry import blank
from projections.tracking.past_answers import tracked_then
from projections.tracking.tracking import AmbiguousOrder
from service.failures import ServiceFailure
from service.tracking.order_axes import Axes, axes_of
from service.tracking.tracking import reported

_REASONS = ("reason", "reasons", "code", "cause", "resolution", "note")
_NOTHING = re.compile(r"[A-Z]{3} 0(\.0+)?")


@dataclass(frozen=True, slots=True)
class Step:
    """One event of the order, with the state after it and the lines of its journal entry."""

    recorded: Recorded
    event: Mapping[str, Any]
    changed: Mapping[str, Any]  # path → value after the event, None if it was removed
    state: Mapping[str, Any]
    axes: Axes
    shown: Mapping[str, Any] | None  # the buyer's page then, None if there was none
    entry: list[dict[str, Any]]

    @property
    def reasons(self) -> dict[str, str]:
        """Returns the fields of the event that give a reason. Sealed values stay sealed."""
        reported = {name: self.event.get(name) for name in _REASONS if self.event.get(name)}
        return {name: _reason(value) for name, value in reported.items()}

    def as_json(self) -> dict[str, Any]:
        """Returns the step as plain values; instants stay instants."""
        recorded = self.recorded
        return {
            "step": recorded.version,
            "book": recorded.book,
            "position": recorded.position,
            "event_id": recorded.event_id,
            "type": recorded.type,
            "occurred_at": recorded.occurred_at,
            "recorded_at": recorded.recorded_at,
            "actor": fields_of_actor(from_json(recorded.actor)),
            "source": from_json(recorded.source) or None,
            "command_id": recorded.command_id,
            "reasons": self.reasons,
            "event": self.event,
            "changed": self.changed,
            "state": self.state,
            "axes": asdict(self.axes),
            "shown": self.shown,
            "entry": self.entry,
        }


def _reason(value: Any) -> str:
    match value:
        case str():
            return value
        case Mapping():
            return "sealed"
    return ", ".join(map(str, value))


def find_order(ledger: Ledger, order: str, merchant: str | None = None) -> tuple[int, str]:
    """Returns book and stream of an order. Raises `ServiceFailure` if there is none, `AmbiguousOrder` for several."""
    found = ledger.directory.merchants_of_order(order) if merchant is None else _own(ledger, order, merchant)
    if not found:
        raise ServiceFailure(f"Order {order} is not known. Check the id.")
    if len(found) > 1:
        raise AmbiguousOrder(order, list(found))
    ((merchant_id, book),) = found.items()
    return book, order_stream(merchant_id, order)


def _own(ledger: Ledger, order: str, merchant: str) -> dict[str, int]:
    """Returns the merchant with its book if it has the order. Needs no other book."""
    book = ledger.directory.known_book_of(merchant)
    return (
        {merchant: book} if book is not None and ledger.reader.has_stream(book, order_stream(merchant, order)) else {}
    )


def history_of(
    ledger: Ledger,
    order: str,
    *,
    merchant: str | None = None,
    upto: int | None = None,
    as_of: date | None = None,
    as_known_at: datetime | None = None,
    detail_of: int | None = None,
) -> Iterator[Step]:
    """Returns the first `upto` steps of the order: those of accounting days up to `as_of`, as known at `as_known_at`.

    With `detail_of`, that step alone has changes, state and the buyer's page: they cost more than all the rest. A
    number beyond the last step is the last step.
    Personal values stay sealed. Raises `ServiceFailure`, `AmbiguousOrder`, and `ValueError` for an instant in the
    future.
    """
    book, name = find_order(ledger, order, merchant)
    scenario = _known(ledger, book, name, as_known_at)
    if upto and upto > len(scenario):
        raise ServiceFailure(f"Order {order} has {len(scenario)} steps, and no step {upto}.")
    shown = [as_of is None or recorded.accounting_date <= as_of for recorded in scenario[:upto]]
    last = max((number for number, is_shown in enumerate(shown, 1) if is_shown), default=0)
    steps = _steps(name, scenario[:upto], _policies(ledger), detail_of and min(detail_of, last))
    return compress(steps, shown)


def _known(ledger: Ledger, book: int, name: str, as_known_at: datetime | None) -> list[Recorded]:
    """Returns the events of the order that were recorded by then."""
    scenario = ledger.reader.read_stream(book, name)
    if as_known_at is None:
        return scenario
    known = ledger.reader.positions_as_known_at(as_known_at, [book])[book]
    return [recorded for recorded in scenario if recorded.position <= known]


def _steps(
    name: str, scenario: Sequence[Recorded], policies: Sequence[Recorded], detail_of: int | None
) -> Iterator[Step]:
    stream = cast(Order, blank(name))
    before: dict[str, Any] = {}
    for number, recorded in enumerate(scenario, 1):
        _remember(stream, recorded)
        detailed, event = detail_of in (None, number), from_json(recorded.payload)
        state = plain_state(stream) if detailed or detail_of == number + 1 else {}
        flat = dict(_flat(state))
        changed, shown = {}, None
        if detailed:
            paths = sorted(flat.keys() | before.keys())
            changed = {path: flat.get(path) for path in paths if _differs(path, before, flat)}
            shown = _shown(scenario[:number], policies)
        yield Step(recorded, event, changed, state if detailed else {}, axes_of(stream), shown, recorded.lines)
        before = flat


def _remember(order: Order, recorded: Recorded) -> None:
    try:
        order.apply(recorded.event)
    except Undecodable as error:
        raise ServiceFailure(
            f"The order's event at position {recorded.position} of book {recorded.book} cannot be read: {error}."
        ) from None


def _policies(ledger: Ledger) -> list[Recorded]:
    """Returns the publications of book 0 that the buyer's page needs."""
    streams = [policy_stream(kind.key) for kind in (AfterSalesLock, ReturnWindow)]
    loaded = ledger.reader.load(0, streams)
    return [recorded for stream in streams for recorded in loaded[stream]]


def _shown(scenario: Sequence[Recorded], policies: Sequence[Recorded]) -> dict[str, Any] | None:
    """Returns the tracking page right after the last of these events, under the policies published by then."""
    last = scenario[-1]
    known = [policy.readable_event for policy in policies if policy.recorded_at <= last.recorded_at]
    tracking = tracked_then(scenario, [policy for policy in known if isinstance(policy, PolicyPublished)])
    if tracking is None:
        return None
    # The time of the decision: an importer or a simulator reports a past before the ledger existed.
    return reported(tracking, decided_at(last.event_id))


def plain_state(remembered: Any) -> Any:
    """Returns the state of a stream as plain JSON values, without empty collections and None."""
    match remembered:
        case None | bool() | int() | str():
            return remembered
        case Money():
            return str(remembered)
        case Sealed():
            return "sealed"
        case date():  # an instant is one too
            return remembered.isoformat().replace("+00:00", "Z")
        case BaseModel():
            shown = {name: getattr(remembered, name) for name in type(remembered).model_fields}
            return _object({name: value for name, value in shown.items() if (name, value) != ("timing", "plain")})
        case Mapping():
            return _object(remembered)
        case set() | frozenset():
            return sorted(map(str, remembered))
        case tuple() if hasattr(remembered, "_asdict"):
            return _object(remembered._asdict())
        case Iterable():
            return [plain_state(item) for item in remembered]
    if is_dataclass(remembered):
        return _object({field.name: getattr(remembered, field.name) for field in fields(remembered)})
    if hasattr(remembered, "__dict__"):
        derived = {"status": remembered.status} if hasattr(remembered, "status") else {}
        return _object(derived | {name: value for name, value in vars(remembered).items() if not name.startswith("_")})
    return str(remembered)


def _object(content: Mapping[Any, Any]) -> dict[str, Any]:
    plain = {_name(key): plain_state(value) for key, value in content.items()}
    return {key: value for key, value in plain.items() if value is not None and value not in ([], {}, "")}


def _name(key: Any) -> str:
    if key is None:
        return "merchant"
    return " ".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _differs(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """True if the value changed. A counter or flag that appears with zero or false is no change."""
    now = after.get(path)
    if path not in before and (now in (0, False) or (isinstance(now, str) and _NOTHING.fullmatch(now))):
        return False
    return path != "version" and now != before.get(path)


def _flat(state: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(state, dict):
        for key, value in state.items():
            yield from _flat(value, f"{path}.{key}" if path else key)
    elif isinstance(state, list) and any(isinstance(item, dict | list) for item in state):
        for index, item in enumerate(state):
            yield from _flat(item, f"{path}[{index}]")
    else:
        yield path, state
