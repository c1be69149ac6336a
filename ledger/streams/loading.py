"""Streams as the log tells them: every event of each, applied in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeVar

from ledger.log.rows import News
from ledger.streams.stream import Stream

S = TypeVar("S", bound=Stream)


class StreamReader(Protocol):
    """What is asked of the log's reader."""

    def news_of_streams(self, books: Mapping[str, int]) -> Iterable[News]: ...


def load_streams(reader: StreamReader, books: Mapping[str, int], blank: Callable[[str], S]) -> dict[str, S]:
    """Streams by name, each read in its book (stream → book), in one query; `blank` makes one without events."""
    streams = {name: blank(name) for name in books}
    for news in reader.news_of_streams(books) if books else ():
        streams[news.stream].apply(news.event)
    return streams


def load_stream(reader: StreamReader, book: int, name: str, blank: Callable[[str], S]) -> S:
    """One stream, as it was before its first event where it has none."""
    return load_streams(reader, {name: book}, blank)[name]
