"""An order's scenario recorded in a real ledger: through the bus, and remembered as it is read back from the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ledger.actors import Actor
from ledger.events.event import Event
from ledger.ids import order_stream
from ledger.journal.entry import Entry, Line
from ledger.log.rows import Recorded
from ledger.refusals.catalogue import REFUSALS
from ledger.streams.orders.order import Order
from tests.support.buses import Desk
from tests.support.given import NOW, SYSTEM, instant
from tests.support.orders import NAMES, OrderScenario


class RecordedScenario(OrderScenario):
    """As `OrderScenario`, of one order of a desk whose merchant and products are ready."""

    def __init__(self, desk: Desk, order_id: str) -> None:
        super().__init__()
        self.desk = desk
        self.names = NAMES | {"order_id": order_id}
        self.order = Order(order_stream(self.names["merchant_id"], order_id))

    def submit(self, name: str, /, *, by: Actor = SYSTEM, at: datetime | str = NOW, **data: Any) -> list[Event]:
        """One command through the bus. Raises its refusal."""
        self.desk.clock.now = instant(at) if isinstance(at, str) else at
        outcome = self.desk.ask(name, actor=by, **(self.names | data))
        if outcome.status == "refused":
            raise REFUSALS[outcome.code](**outcome.facts)
        if outcome.status == "nothing":
            return []
        return self.read_on()

    def read_on(self) -> list[Event]:
        """The order's events that the scenario does not know yet: its own command's, its proposal's, and others'."""
        book = self.desk.ledger.directory.books_of([self.names["merchant_id"]])[self.names["merchant_id"]]
        return self._learn(self.desk.ledger.reader.read_stream(book, self.order.name)[self.order.version :])

    def _learn(self, rows: Sequence[Recorded]) -> list[Event]:
        decided = [row.event for row in rows]
        for row, event in zip(rows, decided, strict=True):
            self.order.apply(event)
            if row.lines:
                self.entries.append(Entry(tuple(Line(**part) for part in row.lines)))
        self.events += decided
        return decided
