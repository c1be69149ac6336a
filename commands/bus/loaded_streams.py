"""Streams that the bus keeps loaded between commands. Every append checks their versions again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable
from threading import Lock

from commands.bus.fault import each_alone
from ledger.ids import kind_of
from ledger.ledger import Ledger
from ledger.recent import keep
from ledger.streams.account import MerchantAccount
from ledger.streams.loader import load_streams
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
                keep(self._written, stream.name, stream, most=self._size)

    def share(self, streams: Iterable[Stream]) -> None:
        """Streams loaded to be read."""
        with self._lock:
            for stream in streams:
                keep(self._read, stream.name, stream, most=self._size)

    def forget(self, names: Iterable[str]) -> None:
        """Streams that turned out to be out of date."""
        with self._lock:
            for name in names:
                self._read.pop(name, None)
                self._written.pop(name, None)


class LoadedStreams:
    """The streams of one book for one round of decisions: loaded in one query, changed as the round goes on.

    `unreadable` has the streams that cannot be read, each with its error: who rests on one fails, and nobody else.
    """

    def __init__(self, ledger: Ledger, cache: StreamCache, book: int) -> None:
        self._reader, self._cache, self._book = ledger.reader, cache, book
        self.streams: dict[str, Stream] = {}
        self.unreadable: dict[str, Exception] = {}

    def load(self, *, written: Collection[str], read: Iterable[str]) -> None:
        """Bring every stream and guard that the round needs; what the round writes is its own."""
        guards = {name for name in read if kind_of(name) == GUARD}
        only_read = {name for name in read if name not in written and name not in guards}
        self.streams |= self._cache.take(written) | self._cache.look(only_read)
        missing = [name for name in (*written, *only_read) if name not in self.streams]
        loaded, unreadable = each_alone(
            missing, lambda names: load_streams(self._reader, dict.fromkeys(names, self._book), blank)
        )
        self.unreadable |= unreadable
        self._cache.share(stream for name, stream in loaded.items() if name in only_read)
        self.streams |= loaded
        self.streams |= self._accounts(guards)

    def load_further(self, read: Iterable[str]) -> None:
        """Bring those of these streams and guards that the round does not have yet."""
        if missing := [name for name in read if name not in self.streams]:
            self.load(written=(), read=missing)

    def _accounts(self, guards: Collection[str]) -> dict[str, Stream]:
        merchants = [name.partition("/")[2] for name in guards]
        known = self._reader.accounts(self._book, merchants) if merchants else {}
        accounts: dict[str, Stream] = {}
        for name in guards:
            row = known.get(name.partition("/")[2])
            accounts[name] = MerchantAccount(name, **row._asdict()) if row else MerchantAccount(name)
        return accounts
