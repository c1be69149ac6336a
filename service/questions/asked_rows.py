"""One row of the log, for a question that names its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.log.rows import Recorded
    from service.questions.asked import Asked


def row_at(asked: Asked, book: int, position: int) -> Recorded:
    (row,) = asked.app.ledger.reader.read(book, position - 1, 1)
    return row
