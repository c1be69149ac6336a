"""The port by which the lines of files find their orders: the references that the books know, as data."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from projections.reconciliation.expected_at_bank import Expectation
from projections.tracking.tracking_numbers import NumberedParcel
from service.partner_reports.known_lines import KnownLines
from service.partner_reports.rows import Waiting


@dataclass(frozen=True, slots=True)
class FileReferences:
    """The references that a file names. `expected` are the movements that our books expect at the bank, by reference or
    word; `paid` are the payouts that were reported paid. `waiting` are the rows that became unmatched items at the
    file's first import.
    """

    now: datetime
    expected: Mapping[str, Sequence[Expectation]] = field(default_factory=dict)
    payouts: Mapping[str, Expectation] = field(default_factory=dict)  # by payout id
    paid: Collection[str] = ()
    parcels: Mapping[str, Sequence[NumberedParcel]] = field(default_factory=dict)  # by tracking number
    lines: KnownLines = field(default_factory=lambda: KnownLines({}, {}, frozenset()))
    waiting: Waiting = field(default_factory=Waiting)
