"""Builds the service: opens its parts in order and closes them in reverse order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ledger.keys import FileKeyStore, KeyFileUnusable
from ledger.ledger import Ledger
from ledger.log.books import MoveCutOff
from ledger.log.database_errors import DatabaseTrouble
from ledger.log.observer import UNOBSERVED, Observer
from projections.engine.generations import ViewOutdated
from projections.engine.projection import Projection
from projections.engine.views import ViewBehind, Views
from projections.engine.worker import catch_up
from service.database import open_database
from service.embedded import EmbeddedPostgresError
from service.failures import ServiceFailure
from service.garbage_collection import collect_rarely
from service.late_bus import LateBus
from service.settings import Settings

if TYPE_CHECKING:
    from commands.bus.bus import Bus

# Failures whose cause lies outside the code. The command line shows each as its one sentence.
OBSTACLES = (
    ServiceFailure,
    EmbeddedPostgresError,
    DatabaseTrouble,
    MoveCutOff,
    KeyFileUnusable,
    ViewOutdated,
    ViewBehind,
)
_OTHERS_MAY_NEED_S = 60.0  # waits for a service that is folding the views


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class App:
    """An open ledger with its bus and views. Safe to share between threads."""

    settings: Settings
    ledger: Ledger
    bus: Bus
    views: Views
    clock: Callable[[], datetime]

    def catch_up(self, projections: Sequence[Projection] | None = None, *, past_stops: bool = False) -> dict[int, int]:
        """Folds all recorded events into these views, or into all views. If a service is running, waits for it instead.

        Returns the head positions that were reached, by book. With `past_stops`, does not wait for a book in which a
        view has stopped. Raises `ViewBehind`.
        """
        heads = {book: head for book, head in self.ledger.reader.heads().items() if head}
        wanted = _all() if projections is None else projections
        catch_up(self.ledger.engine, self.ledger.reader, wanted)
        self.views.wait_for_all(wanted, heads, timeout_s=_OTHERS_MAY_NEED_S, past_stops=past_stops)
        return heads


def _all() -> Sequence[Projection]:
    from projections.registry import PROJECTIONS

    return tuple(PROJECTIONS.values())


@contextmanager
def open_app(
    settings: Settings,
    *,
    create: bool = False,
    demonstration: bool = False,
    clock: Callable[[], datetime] = now,
    observer: Observer = UNOBSERVED,
) -> Iterator[App]:
    """Opens the ledger that the settings name, and yields it.

    With `create`, founds a ledger if there is none; with `demonstration` too, a demonstration ledger, whose scenario
    adopts the policies. Raises one of `OBSTACLES`.
    """
    collect_rarely()
    with ExitStack() as stack:
        url = stack.enter_context(open_database(settings, create=create))
        keys = FileKeyStore(_folder_made(settings))
        ledger = stack.enter_context(Ledger.open(url, keys=keys, demonstration=demonstration, observer=observer))
        late = LateBus(ledger, clock)
        stack.callback(late.close)
        bus = cast("Bus", late)
        if create and not ledger.identity.demonstration:
            from service.foundation import publish_defaults

            publish_defaults(bus)
        yield App(settings, ledger, bus, Views(ledger.engine, ledger.reader), clock)


def _folder_made(settings: Settings) -> Path:
    try:
        settings.keys.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ServiceFailure(f"The folder {settings.keys.parent} cannot be created: {error.strerror}.") from None
    return settings.keys
