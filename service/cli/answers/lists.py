"""Lists that say more to people than their columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from service.cli.options import Format
from service.cli.output import print_text, show
from service.tables.tables import EXCEPTIONS, FOUND

if TYPE_CHECKING:
    from service.questions.asked import Answer


def print_found(answer: Answer, format: Format) -> None:
    """Prints the things of a search, and for people a sentence that says if there are more."""
    show(FOUND, FOUND.rows_of(answer.data), format)
    if format is Format.TABLE:
        print_text(answer.summary.sentence)


def print_exceptions(answer: Answer, format: Format) -> None:
    rows = EXCEPTIONS.rows_of(answer.data)
    if format is Format.TABLE:
        rows = [row | {"actual": _actual_with_its_name(row)} for row in rows]
    show(EXCEPTIONS, rows, format)


def _actual_with_its_name(row: Mapping[str, Any]) -> str:
    """Returns the references that identify an unmatched item: a tracking number, a provider's reference."""
    from ledger.ids import UNMATCHED

    return ", ".join((row["actual"], *row["refs"].values())) if row["kind"] == UNMATCHED else row["actual"]
