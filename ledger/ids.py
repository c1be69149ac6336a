"""Names of things: opaque references that people and partners give, and the names of streams made of them."""

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

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# No slash: stream names are paths of ids. No white space: an id is one word in every log, file and URL.
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
    """True for what may be an `Id`: nothing recorded has another name."""
    return isinstance(text, str) and len(text) <= LONGEST_ID and re.fullmatch(_PATTERN[1:-1], text) is not None


def order_stream(merchant_id: str, order_id: str) -> str:
    return f"order/{merchant_id}/{order_id}"


def merchant_stream(merchant_id: str) -> str:
    return f"merchant/{merchant_id}"


def product_stream(merchant_id: str, product_id: str) -> str:
    return f"product/{merchant_id}/{product_id}"


_GUARD = "account/"


def payouts_stream(merchant_id: str) -> str:
    return f"payouts/{merchant_id}"


def account_guard(merchant_id: str) -> str:
    """The guard every entry on the merchant's 2120, 2130 or 2140 bumps (design §2)."""
    return f"{_GUARD}{merchant_id}"


def is_guard(name: str) -> bool:
    """True for the name of a guard: a version that appends check and raise, no stream, so that no event is in it."""
    return name.startswith(_GUARD)


def fx_stream(pair: str) -> str:
    return f"fx/{pair.replace('/', '-')}"


def policy_stream(key: str) -> str:
    return f"policy/{key}"


def unmatched_stream(source: str, reference: str) -> str:
    return f"unmatched/{source}/{reference}"


UNMATCHED = "unmatched"  # the kind of an exception that only waits for its order to be known


def unmatched_break(stream: str) -> str:
    """The name of the exception that an unmatched stream is until its fact is matched."""
    return derived_id(UNMATCHED, *stream.split("/")[1:])


def statements_stream(merchant_id: str) -> str:
    return f"statements/{merchant_id}"


def adjustment_stream(adjustment_id: str, merchant_id: str | None = None) -> str:
    """An adjustment of a merchant's money stands in the merchant's book, one of the platform's own in book 0."""
    return f"adjustment/{merchant_id}/{adjustment_id}" if merchant_id else f"adjustment/{adjustment_id}"


def periods_stream(book: int | None = None) -> str:
    """The marker stream of one book; without one, the stream in book 0 that closes periods for the whole ledger."""
    return "periods/ledger" if book is None else f"periods/{book}"


def parking_stream(book: int) -> str:
    """What is set aside in one book stands in that book."""
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


def bank_account_stream(account: str, currency: str) -> str:
    """One number may stand for accounts in several currencies."""
    return f"bank_account/{account}/{currency}"


def bank_statement_stream(
    account: str, currency: str, statement_id: str, *, closed_on: date | None = None, page: int = 1
) -> str:
    """A bank's numbers of statements may begin anew: the day a statement closes on distinguishes them, and its page."""
    days = (closed_on.isoformat(),) if closed_on else ()
    pages = (f"p{page}",) if page > 1 else ()
    return "/".join(("bank_statement", account, currency, statement_id, *days, *pages))


def derived_id(*parts: str) -> str:
    """An id made of others; where that would be too long its end is their digest."""
    whole = ".".join(parts)
    return whole if len(whole) <= LONGEST_ID else f"{whole[:31]}.{sha256(whole.encode()).hexdigest()[:32]}"


def key_form(reference: str) -> str:
    """A reference as indexes hold it: a very long one is its beginning and its digest, so that any can be found."""
    if len(reference) * 4 <= LONGEST_KEY_BYTES:  # the usual case: UTF-8 has four bytes a character at most
        return reference
    written = reference.encode()
    if len(written) <= LONGEST_KEY_BYTES:
        return reference
    beginning = written[: LONGEST_KEY_BYTES - 65].decode(errors="ignore")
    return f"{beginning}~{sha256(written).hexdigest()}"


def return_id_of(refund_id: str) -> str:
    """The name of the return of a refund's goods: one a refund, whoever reports of it first."""
    return derived_id(refund_id, "return")


def command_id(what: str, stream: str, *about: str) -> str:
    """The id of a command that the service derives: what it is for, the stream it writes, what else distinguishes it.

    The stream's name says whose it is, so that equal names of two merchants never meet. A digest, because no
    separator is safe between ids.
    """
    return f"{what}.{sha256(json.dumps([stream, *about]).encode()).hexdigest()[:40]}"


def kind_of(stream: str) -> str:
    """`order`, `merchant`, `product` …: the first part of a stream's name."""
    return stream.partition("/")[0]


def merchant_of(stream: str) -> str | None:
    """The merchant whose stream this is; None for the platform's own."""
    kind, _, rest = stream.partition("/")
    if kind in ("order", "merchant", "product", "payouts", "account", "statements"):
        return rest.partition("/")[0]
    if kind == "adjustment" and "/" in rest:
        return rest.partition("/")[0]
    return None


def merchant_of_key(key: str) -> str | None:
    """The merchant in whose scope a command's key is, as in `partner:stripe/M-1/evt_1`; None for the platform's own."""
    parts = key.split("/", 2)
    return parts[1] if len(parts) == 3 and parts[1] != "-" else None


def book_named_by(stream: str) -> int | None:
    """The book that a stream names itself, as markers of periods and parking do; None where its merchant says which."""
    kind, _, rest = stream.partition("/")
    return int(rest) if kind in ("periods", "parking") and rest.isascii() and rest.isdigit() else None


def decided_at(event_id: str) -> datetime:
    """When the command was decided that the event came of: its id says so, to the millisecond (RFC 9562, version 7)."""
    return later(_EPOCH, timedelta(milliseconds=UUID(event_id).int >> 80))


def order_of(stream: str) -> str | None:
    """The order whose stream this is, or None."""
    kind, _, rest = stream.partition("/")
    return rest.partition("/")[2] if kind == "order" else None
