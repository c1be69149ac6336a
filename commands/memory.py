"""What the bus holds of streams between commands: never trusted, because every append checks the versions again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock

from ledger.ids import kind_of
from ledger.ledger import Ledger
from ledger.streams.account import MerchantAccount
from ledger.streams.registry import blank
from ledger.streams.stream import Stream

GUARD = "account"


class StreamCache:
    """Recently used streams of this process.

    A stream that is written is taken out and owned by one decision, since it changes while it is decided on; one that
    is only read is shared and never changed. A stale one costs a conflict and a second look, never a wrong decision.
    """

    def __init__(self, size: int = 20_000) -> None:
        self._size = size
        self._lock = Lock()
        self._written: OrderedDict[str, Stream] = OrderedDict()
        self._read: OrderedDict[str, Stream] = OrderedDict()

    def take(self, names: Iterable[str]) -> dict[str, Stream]:
        """Streams to be written, no longer in the cache."""
        with self._lock:
            return {name: stream for name in names if (stream := self._written.pop(name, None)) is not None}

    def look(self, names: Iterable[str]) -> dict[str, Stream]:
        """Streams to be read, shared with every other reader."""
        with self._lock:
            return {name: stream for name in names if (stream := self._read.get(name)) is not None}

    def put_back(self, streams: Iterable[Stream]) -> None:
        """Written streams whose every change was recorded; what readers hold of them is out of date."""
        with self._lock:
            for stream in streams:
                self._read.pop(stream.name, None)
                self._keep(self._written, stream)

    def share(self, streams: Iterable[Stream]) -> None:
        """Streams loaded to be read."""
        with self._lock:
            for stream in streams:
                self._keep(self._read, stream)

    def forget(self, names: Iterable[str]) -> None:
        """Streams that turned out to be out of date."""
        with self._lock:
            for name in names:
                self._read.pop(name, None)
                self._written.pop(name, None)

    def _keep(self, where: OrderedDict[str, Stream], stream: Stream) -> None:
        where[stream.name] = stream
        where.move_to_end(stream.name)
        if len(where) > self._size:
            where.popitem(last=False)


class Memory:
    """The streams of one round of decisions in one book: loaded in one query, changed as the round goes on."""

    def __init__(self, ledger: Ledger, cache: StreamCache, book: int) -> None:
        self._ledger, self._cache, self._book = ledger, cache, book
        self.streams: dict[str, Stream] = {}

    def load(self, *, written: set[str], read: set[str]) -> None:
        """Bring every stream and guard that the round needs; what the round writes is its own."""
        guards = {name for name in read if kind_of(name) == GUARD}
        only_read = read - written - guards
        self.streams |= self._cache.take(written) | self._cache.look(only_read)
        missing = [name for name in written | only_read if name not in self.streams]
        loaded = self._from_log(missing)
        self._cache.share(stream for stream in loaded if stream.name in only_read)
        self.streams |= {stream.name: stream for stream in loaded}
        self.streams |= self._accounts(guards)

    def _from_log(self, names: list[str]) -> list[Stream]:
        rows = self._ledger.reader.load(self._book, names) if names else {}
        streams = []
        for name in names:
            stream = blank(name)
            for row in rows.get(name, ()):
                stream.apply(row.event)
            streams.append(stream)
        return streams

    def _accounts(self, guards: set[str]) -> dict[str, Stream]:
        merchants = {name.partition("/")[2]: name for name in guards}
        known = self._ledger.reader.accounts(self._book, list(merchants)) if merchants else {}
        accounts: dict[str, Stream] = {}
        for merchant, name in merchants.items():
            version, available, on_hold, in_transit = known.get(merchant, (0, 0, 0, 0))
            accounts[name] = MerchantAccount(
                name, version=version, available=available, on_hold=on_hold, in_transit=in_transit
            )
        return accounts
