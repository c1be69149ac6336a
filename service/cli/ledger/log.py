"""`redledger verify-log`: checks the whole log for changed rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING

from service.cli.options import Format, FormatOption, takes_settings
from service.cli.output import show, stdout
from service.cli.view_reads import reading
from service.failures import ServiceFailure
from service.settings import Settings
from service.tables.tables import FINDINGS, VERIFIED_BOOKS

if TYPE_CHECKING:
    from ledger.log.verification.finding import Finding

_MOST = 1_000


@takes_settings()
def verify_log(settings: Settings, format: FormatOption = Format.TABLE) -> None:
    """Check every row of the log by its hash, or against the events if it has none. Ends with 0 only if no row
    differs.

    A finding is one line: table and row, column, expected value, found value.
    """
    from ledger.log.verification.verify import verify_log as find_faults

    with reading(settings) as app:
        heads = app.ledger.reader.heads()
        findings = list(islice(find_faults(app.ledger.reader), _MOST))
    if findings:
        show_findings(findings, format)
        at_least = " at least" * (len(findings) == _MOST)
        raise ServiceFailure(f"The log was changed: {len(findings)} findings{at_least}.")
    show(VERIFIED_BOOKS, [{"book": book, "events": head, "faults": 0} for book, head in heads.items()], format)


def show_findings(findings: Iterable[Finding], format: Format) -> None:
    """Prints one line for each finding: place, column, expected and found value."""
    if format is Format.TABLE:
        for finding in findings:
            stdout().print(str(finding), soft_wrap=True)
    else:
        show(FINDINGS, [asdict(finding) for finding in findings], format)
