"""Ids that people and partners give, and the stream names that are made from them."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Annotated, Any, TypeGuard
from uuid import UUID

from pydantic import StringConstraints

from ledger.deadlines import later
from ledger.limits import LONGEST_ID, LONGEST_KEY_BYTES
from ledger.validation_messages import InWords

PLATFORM_BOOK = 0  # the book of all that belongs to no merchant: policies, rates, files, unmatched items
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# No slash: it separates the ids in a stream's name. No white space: an id is one word in every log, file and URL.
_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._:@+-]*$"
_WORD = StringConstraints(pattern=_PATTERN, max_length=LONGEST_ID)
_LETTERS = f"at most {LONGEST_ID} letters, digits and . _ : @ + -"
Id = Annotated[str, _WORD, InWords(f"one word of {_LETTERS}, such as O-1042")]
CodeWord = Annotated[str, _WORD, InWords(f"one code word such as wrong_size, of {_LETTERS}; a longer text is a note")]
PayoutId = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$", max_length=35),  # ISO 20022 Max35Text
    InWords("one word of at most 35 letters, digits and hyphens, such as PO-2025-17"),
]


def is_id(text: Any) -> TypeGuard[str]:
    """True if the value may be an `Id`."""
    return isinstance(text, str) and len(text) <= LONGEST_ID and re.fullmatch(_PATTERN[1:-1], text) is not None


def order_stream(merchant_id: str, order_id: str) -> str:
    return f"order/{merchant_id}/{order_id}"


def merchant_stream(merchant_id: str) -> str:
    return f"merchant/{merchant_id}"


def product_stream(merchant_id: str, product_id: str) -> str:
    return f"product/{merchant_id}/{product_id}"


def access_account_stream(account_id: str) -> str:
    return f"access_account/{account_id}"


def access_token_stream(token_id: str) -> str:
    return f"access_token/{token_id}"


def exports_stream(account_id: str, day: date) -> str:
    """Returns the stream of what an account exports on a day."""
    return f"exports/{account_id}/{day.isoformat()}"


def subscription_stream(subscription_id: str) -> str:
    return f"subscription/{subscription_id}"


_GUARD = "account/"


def payouts_stream(merchant_id: str) -> str:
    return f"payouts/{merchant_id}"


def account_guard(merchant_id: str) -> str:
    """Returns the guard whose version rises with every entry on the merchant's 2120, 2130 or 2140 (design §2)."""
    return f"{_GUARD}{merchant_id}"


def is_guard(name: str) -> bool:
    """True if the name is a guard's. A guard is a version without events: appends check it and raise it."""
    return name.startswith(_GUARD)


def fx_stream(pair: str) -> str:
    return f"fx/{pair.replace('/', '-')}"


def policy_stream(key: str) -> str:
    return f"policy/{key}"


def unmatched_stream(source: str, reference: str) -> str:
    return f"unmatched/{source}/{reference}"


UNKNOWN = "unknown"  # the id of something that a partner did not name
UNMATCHED = "unmatched"  # the kind of an exception whose order is not known yet


def unmatched_break(stream: str) -> str:
    """Returns the id of the exception that is open until the unmatched stream's fact is matched."""
    return derived_id(UNMATCHED, *stream.split("/")[1:])


def statements_stream(merchant_id: str) -> str:
    return f"statements/{merchant_id}"


def adjustment_stream(adjustment_id: str, merchant_id: str | None = None) -> str:
    """Returns a stream of the merchant's book, or of book 0 if the adjustment names no merchant."""
    return f"adjustment/{merchant_id}/{adjustment_id}" if merchant_id else f"adjustment/{adjustment_id}"


def periods_stream(book: int | None = None) -> str:
    """Returns the stream of a book's period markers, or the ledger's own in book 0 if no book is given."""
    return "periods/ledger" if book is None else f"periods/{book}"


def parking_stream(book: int) -> str:
    """Returns the stream, in the book itself, of the items that are parked in the book."""
    return f"parking/{book}"


def revaluation_stream(period: str) -> str:
    return f"revaluation/{period}"


def settlement_run_stream(run_id: str) -> str:
    return f"settlement_run/{run_id}"


def partner_payment_stream(partner: str, payment_ref: str) -> str:
    return f"partner_payment/{partner}/{payment_ref}"


def tax_payment_stream(authority: str, payment_ref: str) -> str:
    return f"tax_payment/{authority}/{payment_ref}"


def conversion_stream(bank_ref: str) -> str:
    return f"conversion/{bank_ref}"


def psp_batch_stream(psp: str, batch_ref: str) -> str:
    return f"psp_batch/{psp}/{batch_ref}"


def file_stream(kind: str, digest: str) -> str:
    return f"file/{kind}/{digest}"


def payment_order_stream(message_id: str) -> str:
    return f"payment_order/{message_id}"


def bank_account_stream(account: str, currency: str) -> str:
    """Returns the stream of one account. The currency is part of it: one number may have several currencies."""
    return f"bank_account/{account}/{currency}"


def bank_statement_stream(
    account: str, currency: str, statement_id: str, *, closed_on: date | None = None, page: int = 1
) -> str:
    """Returns the stream of a statement page. The closing day is part of it: banks reuse statement numbers."""
    days = (closed_on.isoformat(),) if closed_on else ()
    pages = (f"p{page}",) if page > 1 else ()
    return "/".join(("bank_statement", account, currency, statement_id, *days, *pages))


def derived_id(*parts: str) -> str:
    """Returns the parts joined by dots. If that is longer than 64 characters, a digest takes the place of the end."""
    whole = ".".join(parts)
    return whole if len(whole) <= LONGEST_ID else f"{whole[:31]}.{sha256(whole.encode()).hexdigest()[:32]}"


def key_form(reference: str) -> str:
    """Returns the reference as indexes hold it. One longer than 255 bytes is cut, and its digest is added."""
    if len(reference) * 4 <= LONGEST_KEY_BYTES:  # fast path: UTF-8 has at most four bytes a character
        return reference
    written = reference.encode()
    if len(written) <= LONGEST_KEY_BYTES:
        return reference
    beginning = written[: LONGEST_KEY_BYTES - 65].decode(errors="ignore")
    return f"{beginning}~{sha256(written).hexdigest()}"


def return_id_of(refund_id: str) -> str:
    """Returns the id of the return that belongs to a refund. There is one a refund."""
    return derived_id(refund_id, "return")


def command_id(what: str, stream: str, *about: str) -> str:
    """Returns the id of a command that the service derives, from its purpose, its stream and other distinguishing
    parts.

    The stream's name contains the merchant, so equal ids of two merchants never collide. The parts are hashed, because
    ids may contain any separator.
    """
    return f"{what}.{sha256(json.dumps([stream, *about]).encode()).hexdigest()[:40]}"


def kind_of(stream: str) -> str:
    """Returns the first part of the stream's name: `order`, `merchant`, `product` …"""
    return stream.partition("/")[0]


def merchant_of(stream: str) -> str | None:
    """Returns the merchant of the stream, or None for a stream of the platform."""
    kind, _, rest = stream.partition("/")
    if kind in ("order", "merchant", "product", "payouts", "account", "statements"):
        return rest.partition("/")[0]
    if kind == "adjustment" and "/" in rest:
        return rest.partition("/")[0]
    return None


def merchant_of_key(key: str) -> str | None:
    """Returns the merchant in a command's key, such as `partner:stripe/evt_1/M-1`; None for the platform."""
    merchant = key.rpartition("/")[2]
    return merchant if key.count("/") == 2 and merchant != "-" else None


def book_named_by(stream: str) -> int | None:
    """Returns the book in the name of a period or parking stream; None for streams that follow their merchant."""
    kind, _, rest = stream.partition("/")
    return int(rest) if kind in ("periods", "parking") and rest.isascii() and rest.isdigit() else None


def decided_at(event_id: str) -> datetime:
    """Returns the instant of the decision, to the millisecond, from the event's id (RFC 9562, UUID version 7)."""
    return later(_EPOCH, timedelta(milliseconds=UUID(event_id).int >> 80))


def order_of(stream: str) -> str | None:
    """Returns the order of the stream, or None if it is not an order's."""
    kind, _, rest = stream.partition("/")
    return rest.partition("/")[2] if kind == "order" else None


def belongs_to(stream: str, merchant_id: str | None = None, order_id: str | None = None) -> tuple[str, str]:
    """Returns the merchant and the order of an event: its stream's, else those that the event names, else ''."""
    return merchant_of(stream) or merchant_id or "", order_of(stream) or order_id or ""
