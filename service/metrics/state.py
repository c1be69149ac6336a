"""The state of the views, of the loops and of the lanes, read when somebody asks for the metrics.

A later part of the service adds its own figures as another collector (`Collector` of prometheus_client).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ledger.log.database_errors import DatabaseTrouble
from service.app import App
from service.subscription_list import all_subscriptions, lags
from service.views.generations import generations
from service.views.lags import oldest_ages
from service.views.status import LedgerStatus, ViewStatus, status_of

_REACHABLE = ("redledger_database_reachable", "1 if the database answered when the metrics were read.", ())
_POSITION = ("redledger_book_position", "Last position of a book.", ("book",))
_LAG = ("redledger_view_lag_events", "Events that a view has not folded yet, in all books.", ("view",))
_AGE = ("redledger_view_lag_seconds", "Age of the oldest event that a view has not folded yet.", ("view",))
_STOPPED = ("redledger_view_stopped_books", "Books in which a view has stopped or is outdated.", ("view",))
_PARKED = ("redledger_view_parked_events", "Events that a view leaves out, because two people parked them.", ("view",))
_FILLED = ("redledger_rebuild_filled_events", "Events that the candidate of a rebuild has folded.", ("view",))
_MISSING = ("redledger_rebuild_missing_events", "Events that the candidate of a rebuild must still fold.", ("view",))
_LEFT = (
    "redledger_rebuild_seconds_left",
    "Time that the candidate of a rebuild still needs at its mean speed so far.",
    ("view",),
)
_BEHIND = ("redledger_subscription_lag_events", "Events after the place of a subscription.", ("subscription",))
_SINCE = (
    "redledger_subscription_lag_seconds",
    "Age of the oldest event after the place of a subscription.",
    ("subscription",),
)
_UNSETTLED = (
    "redledger_subscription_unsettled_events",
    "Events of a subscription that are in flight, waiting or parked.",
    ("subscription", "state"),
)
_SET_ASIDE = ("redledger_set_aside_items", "Items that a loop could not do and has set aside.", ("loop",))
_RUNNING = ("redledger_lane_running", "Requests that hold a place of a lane.", ("lane",))
_WAITING = ("redledger_lane_waiting", "Requests that wait for a place of a lane.", ("lane",))
_OF_LEDGER = (_REACHABLE, _POSITION, _LAG, _AGE, _STOPPED, _PARKED, _FILLED, _MISSING, _LEFT, _SET_ASIDE)
_OF_SUBSCRIPTIONS = (_BEHIND, _SINCE, _UNSETTLED)

_Declared = tuple[str, str, tuple[str, ...]]


def _family(declared: _Declared, values: Mapping[str, float]) -> GaugeMetricFamily:
    name, says, labels = declared
    family = GaugeMetricFamily(name, says, labels=labels)
    for label, value in values.items():
        family.add_metric([label] if labels else [], value)
    return family


class LedgerState(Collector):
    """The state of books, views and loops, as the database has it when it is collected."""

    def __init__(self, app: App) -> None:
        self._app = app

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return [_family(declared, {}) for declared in _OF_LEDGER]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yields the figures; of a database that does not answer, this one."""
        try:
            status, ages = self._read()
            candidates = [row for row in generations(self._app.ledger.engine) if row.role == "candidate"]
        except DatabaseTrouble:
            yield _family(_REACHABLE, {"": 0.0})
            return
        yield _family(_REACHABLE, {"": 1.0})
        yield _family(_POSITION, {str(book): head for book, head in status.books.items()})
        views = status.views
        yield _family(_LAG, _sums(views, {view: view.lag for view in views}))
        yield _family(_AGE, dict.fromkeys(_sums(views, {}), 0.0) | ages)
        yield _family(_STOPPED, _sums(views, {view: view.status in ("stopped", "outdated") for view in views}))
        yield _family(_PARKED, _sums(views, {view: len(view.parked) for view in views}))
        yield _family(_FILLED, {row.view: row.events for row in candidates})
        yield _family(_MISSING, {row.view: row.missing_events for row in candidates})
        yield _family(_LEFT, {row.view: row.seconds_left for row in candidates if row.seconds_left is not None})
        yield _family(_SET_ASIDE, status.set_aside)

    def _read(self) -> tuple[LedgerStatus, dict[str, float]]:
        status = status_of(self._app)
        return status, oldest_ages(self._app.ledger.engine, status.views)


def _sums(views: Iterable[ViewStatus], figures: Mapping[ViewStatus, float]) -> dict[str, float]:
    """Returns the sum of the figures of each view's books."""
    found: Counter[str] = Counter()
    for view in views:
        found[view.projection] += figures.get(view, 0)  # type: ignore[assignment]
    return dict(found)


class SubscriptionState(Collector):
    """The lag of the subscriptions, and what they have not settled; retired ones are left out."""

    def __init__(self, app: App) -> None:
        self._app = app

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return [_family(declared, {}) for declared in _OF_SUBSCRIPTIONS]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yields the figures; none while the database does not answer."""
        try:
            found = lags(self._app.ledger.engine)
            open_ = {id for id, each in all_subscriptions(self._app).items() if each.is_open}
        except DatabaseTrouble:
            return
        found = {id: lag for id, lag in found.items() if id in open_}
        yield _family(_BEHIND, {id: lag.events for id, lag in found.items()})
        yield _family(_SINCE, {id: lag.seconds for id, lag in found.items()})
        unsettled = _family(_UNSETTLED, {})
        for id, lag in found.items():
            for state, events in (("in_flight", lag.in_flight), ("waiting", lag.waiting), ("parked", lag.parked)):
                unsettled.add_metric([id, state], events)
        yield unsettled


class Places(Protocol):
    """Places for requests, such as those of a lane."""

    @property
    def running(self) -> int: ...

    @property
    def waiting(self) -> int: ...


class LaneState(Collector):
    """The places of the lanes that are in use."""

    def __init__(self, lanes: Mapping[str, Places]) -> None:
        self._lanes = lanes

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return [_family(_RUNNING, {}), _family(_WAITING, {})]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield _family(_RUNNING, {name: lane.running for name, lane in self._lanes.items()})
        yield _family(_WAITING, {name: lane.waiting for name, lane in self._lanes.items()})
