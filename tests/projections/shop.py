"""Orders as the log would hold them, and a view of them, for tests of read models."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ledger.events.event import Event
from ledger.ledger import Ledger
from ledger.policies.policy import Policy
from projections.engine.projection import Projection
from projections.engine.rebuild import verify
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker
from tests.support.given import published
from tests.support.parcels import at
from tests.support.view_history import History, recordable

TWO_HOURS_BEFORE = at(-2)  # the usual hand-over


class Shop:
    """Records events of orders into book 1 and of the platform into book 0, and folds them into one view."""

    def __init__(self, ledger: Ledger, views: Views, projection: Projection) -> None:
        self.ledger, self.views, self.projection = ledger, views, projection
        self.history = History(ledger)
        self.worker = ProjectionWorker(ledger.engine, ledger.reader, projection)

    def publish(self, *policies: Policy) -> None:
        for policy in policies:
            self.record([published(policy)], stream=f"policy/{policy.key}", book=0)

    def record(
        self,
        events: Iterable[Event],
        *,
        stream: str = "order/M-1/O-1",
        book: int = 1,
        occurred_at: datetime = TWO_HOURS_BEFORE,
        one_by_one: bool = False,
    ) -> None:
        reported = [recordable(event, stream=stream, occurred_at=occurred_at) for event in events]
        for batch in [[event] for event in reported] if one_by_one else [reported]:
            self.history.record(book, batch)
            self.worker.catch_up()

    def differences(self) -> int:
        """Returns the number of rows in which the view differs from a rebuilt one."""
        return verify(self.ledger.engine, self.projection).count
