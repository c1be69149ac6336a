"""Names at the broker: one stream for each book, and subjects by book, merchant and type."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from ledger.ids import merchant_of
from ledger.log.rows import Recorded

PLATFORM = "-"  # the merchant's token of an event of the platform; no id begins with a hyphen


@dataclass(frozen=True, slots=True)
class Names:
    """The names under one prefix: the events are in `<prefix>.events.…`, so that other feeds can stand beside them."""

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


def token(text: str) -> str:
    """Returns the text as one token of a subject, in percent-encoding (RFC 3986 §2.1): `M.1` is `M%2E1`."""
    return quote(text, safe="@:+").replace(".", "%2E")
