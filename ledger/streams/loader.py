"""Loading of streams: all events of each, applied in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeVar

from ledger.log.rows import EventSummary
from ledger.streams.stream import Stream

S = TypeVar("S", bound=Stream)


class StreamReader(Protocol):
    """The part of the log's reader that loading needs."""

    def summaries_of_streams(self, books: Mapping[str, int]) -> Iterable[EventSummary]: ...


class StreamUnreadable(Exception):
    """An event of a stream cannot be decoded or applied. Nothing can be decided on the stream."""

    def __init__(self, stream: str, book: int, position: int, why: str) -> None:
        super().__init__(stream, book, position, why)
        self.stream, self.book, self.position, self.why = stream, book, position, why

    def __str__(self) -> str:
        return f"{self.stream} cannot be read: book {self.book}, position {self.position}: {self.why}"


def load_streams(reader: StreamReader, books: Mapping[str, int], blank: Callable[[str], S]) -> dict[str, S]:
    """Returns streams by name, in one query. `books` maps each stream to its book; `blank` makes an empty stream.

    Raises `StreamUnreadable`.
    """
    streams, unreadable = _loaded(reader, books, blank)
    for error in unreadable.values():
        raise error
    return streams


def load_each(reader: StreamReader, books: Mapping[str, int], blank: Callable[[str], S]) -> dict[str, S]:
    """Returns streams by name, for look-ups. An unreadable stream stops before the event that cannot be applied.

    The bus decides nothing on such a stream, so an incomplete look-up causes at most a fault.
    """
    return _loaded(reader, books, blank)[0]


def load_stream(reader: StreamReader, book: int, name: str, blank: Callable[[str], S]) -> S:
    """Returns one stream, empty if it has no events. Raises `StreamUnreadable`."""
    return load_streams(reader, {name: book}, blank)[name]


def _loaded(
    reader: StreamReader, books: Mapping[str, int], blank: Callable[[str], S]
) -> tuple[dict[str, S], dict[str, StreamUnreadable]]:
    streams = {name: blank(name) for name in books}
    unreadable: dict[str, StreamUnreadable] = {}
    for news in reader.summaries_of_streams(books) if books else ():
        if news.stream in unreadable:
            continue
        try:
            streams[news.stream].apply(news.event)
        except Exception as error:  # `evolve` may raise anything on a payload that it does not expect
            why = f"{type(error).__name__}: {error}"
            unreadable[news.stream] = StreamUnreadable(news.stream, books[news.stream], news.position, why)
            unreadable[news.stream].__cause__ = error
    return streams, unreadable
