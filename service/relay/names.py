"""Names at the broker: one stream for each book, or view and book, and subjects by book, merchant and type."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote

from ledger.ids import merchant_of
from ledger.log.rows import Recorded
from projections.engine.changes import Change

PLATFORM = "-"  # the merchant's token of an event or row of the platform; no id begins with a hyphen
_BEGUN = "copy_begun"  # no table of a view has this name
_LONGEST_KEY = 256  # a server takes a few thousand bytes with a subject


@dataclass(frozen=True, slots=True)
class Names:
    """The names under one prefix: events are in `<prefix>.events.…`, and rows of views in `<prefix>.views.…`."""

    prefix: str

    def stream(self, book: int) -> str:
        return f"{self.prefix}-events-{book}"

    def subjects(self, book: int) -> str:
        """Returns the subjects of all events of a book."""
        return f"{self.prefix}.events.{book}.>"

    def subject(self, row: Recorded) -> str:
        """Returns the subject of an event: `<prefix>.events.<book>.<merchant>.<type>`. A type is two tokens."""
        merchant = merchant_of(row.stream)
        return f"{self.prefix}.events.{row.book}.{PLATFORM if merchant is None else token(merchant)}.{row.type}"

    def view_stream(self, view: str, book: int) -> str:
        return f"{self.prefix}-views-{view}-{book}"

    def view_subjects(self, view: str, book: int) -> str:
        """Returns the subjects of all rows of a view in a book."""
        return f"{self.prefix}.views.{book}.*.{view}.>"

    def row_subject(self, view: str, change: Change) -> str:
        """Returns the subject of a row: `<prefix>.views.<book>.<merchant>.<view>.<table>.<key>`."""
        merchant = token(change.row["merchant"]) if change.row.get("merchant") else PLATFORM
        key = ",".join(token(str(change.row[name])) for name in change.table.key) or "%"
        if len(key) > _LONGEST_KEY:
            key = f"%{sha256(key.encode()).hexdigest()}"
        return f"{self.prefix}.views.{change.book}.{merchant}.{view}.{change.table.name}.{key}"

    def copy_subject(self, view: str, book: int) -> str:
        """Returns the subject of the message with which a copy of a view begins."""
        return f"{self.prefix}.views.{book}.{PLATFORM}.{view}.{_BEGUN}"


def token(text: str) -> str:
    """Returns the text as one token of a subject, in percent-encoding (RFC 3986 §2.1): `M.1` is `M%2E1`."""
    return quote(text, safe="@:+").replace(".", "%2E")
