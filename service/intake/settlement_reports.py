"""Imports settlement reports: each line goes to the order or unmatched capture that it settles, else it becomes an
unmatched item.
"""

from __future__ import annotations

from projections.reconciliation.psp_references import PspReferences
from service.app import App
from service.formats.days import check_days
from service.intake.files import FileSummary, Progress, import_rows
from service.intake.unmatched_rows import waiting
from service.intake.unread_rows import unread_rows
from service.partner_facts.files import RawFile
from service.partner_facts.settlement import ReportBatch, SettlementReported
from service.partner_reports.file_references import FileReferences
from service.partner_reports.known_lines import KnownLines
from service.partner_reports.table import rows_of

KIND = "psp_report"


def import_report(
    app: App,
    file: RawFile,
    batches: list[ReportBatch],
    *,
    psp: str,
    match: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> FileSummary:
    """Accepts a report and records it order by order, then batch by batch.

    A repeated import changes nothing. With `match`, unmatched lines go to their order if it is known now.
    """
    days = [(batch.lines[0].line, batch.value_date) for batch in batches if batch.lines]
    check_days(file.name, days, app.clock())
    app.catch_up([PspReferences()])
    lines = [line for batch in batches for line in batch.lines]
    before = waiting(app, file, KIND, psp, (line.psp_ref for line in lines), match=match)
    known = FileReferences(now=app.clock(), lines=KnownLines.of(app, psp, lines), waiting=before)
    rows = [row for batch in batches for row in rows_of(SettlementReported(psp, file, batch), known)]
    rows += unread_rows(file, [item for batch in batches for item in batch.unread], system=psp)
    header = {batch.batch_ref: f"{len(batch.lines)} lines, {batch.cash or 'cash unknown'}" for batch in batches}
    return import_rows(app, file, kind=KIND, partner=psp, header=header, rows=rows, progress=progress)
