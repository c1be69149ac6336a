"""The endpoints of a ledger: the subscriptions that are delivered as webhooks, with their secrets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.events.event import EVENTS, seal_place
from ledger.events.subscriptions import DeliverySettings, WebhookSecretRotated, WebhookTestRequested
from ledger.ids import PLATFORM_BOOK
from ledger.ledger import Ledger
from ledger.log.reader import RowFilter
from ledger.log.rows import Recorded
from ledger.streams.loader import load_stream
from ledger.streams.subscriptions import Subscription

_TYPES = frozenset(name for name, _ in EVENTS if name.startswith("subscription."))
_SCANNED, _PAGE = 100_000, 1_000


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A subscription with the endpoint of its webhooks, and the last test that was requested."""

    id: str
    subscription: Subscription
    settings: DeliverySettings
    url: str
    test: Recorded | None

    def secrets(self, ledger: Ledger, now: datetime) -> Sequence[str]:
        """Returns the secrets that sign at this time, the newest first: none before the first one, nor after the key
        of the subscription was destroyed."""
        place = seal_place(self.subscription.name, WebhookSecretRotated.name, "secret")
        opened = (each.open(place=place, keys=ledger.keys) for each in self.subscription.secrets_at(now))
        return [secret for secret in opened if secret is not None]


class Endpoints:
    """Follows book 0, so that a change of a subscription is known soon. For one thread."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._position = 0
        self._tests = dict[str, Recorded]()  # by stream
        self._open = dict[str, Endpoint]()

    @property
    def known(self) -> Collection[Endpoint]:
        """The open endpoints as they were read last."""
        return self._open.values()

    def refresh(self) -> Mapping[str, Endpoint]:
        """Returns the open endpoints by stream, as they are now."""
        changed = set[str]()
        head = self._ledger.reader.heads()[PLATFORM_BOOK]
        while self._position < head:
            upto = min(head, self._position + _SCANNED)
            rows = self._ledger.reader.read_range(PLATFORM_BOOK, self._position, upto, RowFilter(types=_TYPES), _PAGE)
            self._tests |= {row.stream: row for row in rows if row.type == WebhookTestRequested.name}
            changed |= {row.stream for row in rows}
            self._position = rows[-1].position if len(rows) == _PAGE else upto
        for stream in changed:
            self._load(stream)
        return self._open

    def _load(self, stream: str) -> None:
        self._open.pop(stream, None)
        found = load_stream(self._ledger.reader, PLATFORM_BOOK, stream, Subscription)
        if found.created and found.settings and found.settings.url and found.is_open:
            self._open[stream] = Endpoint(
                found.created.subscription_id, found, found.settings, found.settings.url, self._tests.get(stream)
            )
