"""Lines of a byte stream. No line is held in memory beyond the limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ledger.limits import LONGEST_LINE

LIMIT_BYTES = LONGEST_LINE
_SKIP_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end, numbered from 1. If `too_long`, it has no content. `whole` is false if the stream
    ended within it."""

    number: int
    content: bytes
    end_offset: int  # bytes of the stream up to the end of this line
    whole: bool
    too_long: bool = False


def lines_of(stream: BinaryIO, limit: int = LIMIT_BYTES) -> Iterator[Line]:
    """Yields every line that is not blank. A line longer than `limit` bytes is yielded without its content."""
    number = offset = 0
    while piece := stream.readline(limit + 1):
        number += 1
        offset += len(piece)
        too_long = len(piece.rstrip(b"\r\n")) > limit or (len(piece) > limit and not piece.endswith(b"\n"))
        whole = piece.endswith(b"\n")
        if too_long:
            skipped, whole = _skip_rest(stream, whole)
            yield Line(number, b"", offset := offset + skipped, whole, too_long=True)
        elif content := piece.strip():
            yield Line(number, content, offset, whole)


def _skip_rest(stream: BinaryIO, whole: bool) -> tuple[int, bool]:
    skipped = 0
    while not whole and (piece := stream.readline(_SKIP_BYTES)):
        skipped += len(piece)
        whole = piece.endswith(b"\n")
    return skipped, whole
