"""The two times of every question about money: `--as-of` an accounting day, `--as-known-at` an instant in the past."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from service.failures import ServiceFailure

if TYPE_CHECKING:
    pass

AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="YYYY-MM-DD", help="State at the end of this accounting day.")
]
AsKnownAt = Annotated[
    str | None,
    typer.Option(
        "--as-known-at", metavar="INSTANT", help="State as known at this instant, such as 2025-07-03T08:00:00Z."
    ),
]


def day_of(text: str | None, flag: str = "--as-of") -> date | None:
    from ledger.instants import read_day

    try:
        return read_day(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day such as 2025-06-30", param_hint=flag) from None


def instant_of(text: str | None, flag: str = "--as-known-at") -> datetime | None:
    from ledger.instants import read_instant

    try:
        return read_instant(text) if text else None
    except ValueError:
        wanted = "an instant with its zone such as 2025-07-03T08:00:00Z"
        raise typer.BadParameter(f"{text!r} is not {wanted}", param_hint=flag) from None


@contextmanager
def answerable() -> Iterator[None]:
    """Turns the `ValueError` of an instant in the future into a `ServiceFailure`."""
    try:
        yield
    except ValueError as error:
        raise ServiceFailure(f"{error}.") from None
