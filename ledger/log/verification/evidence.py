"""The proof of each column in the log's tables: the row's hash, a value recomputed from events, or none.

A test walks the catalogue. It fails for a column that is not listed, and changes each listed one to see it found.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from ledger.log.account_keys import AccountKey
from ledger.log.preimage import FIELDS
from ledger.log.set_aside import SetAsideItem
from ledger.log.verification.hashed_rows import OutcomeRow


class Cover(StrEnum):
    """The way in which a change of a column is found."""

    HASHED = "hash of the row"
    RECOMPUTED = "recomputed"
    NOT_EVIDENCE = "not evidence"


class Proof(NamedTuple):
    """`how` says from what the value is recomputed, or why no result depends on the column."""

    cover: Cover
    how: str


def hashed(fields: Iterable[str], how: str) -> dict[str, Proof]:
    """Returns the proofs of these columns, and of `leaf`, the hash over them, which is recomputed."""
    return dict.fromkeys(fields, Proof(Cover.HASHED, how)) | {"leaf": Proof(Cover.RECOMPUTED, "from the row's fields")}


def recomputed(**columns: str) -> dict[str, Proof]:
    return {column: Proof(Cover.RECOMPUTED, how) for column, how in columns.items()}


_GUARD = "from the entries of the merchant's events, and from its open cases and disputes"

EVIDENCE: dict[str, dict[str, Proof]] = {
    "log.events": hashed(FIELDS, "`leaf`; positions, versions and times of neighbours are checked too"),
    "log.outcomes": hashed(
        OutcomeRow._fields, "`leaf`, which covers the `leaf` of the outcome before it; `number` has no gap"
    ),
    "log.directory": hashed(
        ("merchant_id", "book"), "`leaf`; every event and outcome of the merchant stands in the book that is named"
    ),
    "log.identity": hashed(
        ("single", "ledger_id", "epoch", "zone", "created_at", "demonstration", "books"),
        "`leaf`; `books` counts `log.heads`",
    )
    | {"single": Proof(Cover.NOT_EVIDENCE, "it is true in the one row that its CHECK allows")},
    "log.heads": hashed(("book", "takes_merchants", "opening_day"), "`leaf`; books are numbered without a gap")
    | recomputed(
        position="it is that of the book's last event",
        first_open_day="from the book's last marker of a period; `opening_day` where there is none",
        outcomes="the number of the book's last outcome",
        outcome_leaf="the hash of the book's last outcome",
    ),
    "log.accounts": recomputed(
        book=_GUARD,
        merchant_id=_GUARD,
        version=_GUARD,
        available=_GUARD,
        on_hold=_GUARD,
        in_transit=_GUARD,
        in_open_cases=_GUARD,
    ),
    "log.set_aside": dict.fromkeys(
        SetAsideItem._fields,
        Proof(Cover.NOT_EVIDENCE, "says only what a loop tries again and when; the loop finds its items without it"),
    ),
    "log.account_keys": dict.fromkeys(
        ("book", *AccountKey._fields),
        Proof(Cover.NOT_EVIDENCE, "says only in which merchant's book a key is looked up; the log has its command"),
    ),
    "log.alembic_version": recomputed(version_num="it is the newest revision of the code that checks"),
}
