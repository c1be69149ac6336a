"""`redledger verify-log`: the whole log checked against itself."""

from __future__ import annotations

from itertools import islice

from ledger.log.verify import verify_log as find_faults
from service.cli.options import Format, FormatOption, takes_settings
from service.cli.output import show
from service.cli.reading import reading
from service.failures import ServiceFailure
from service.settings import Settings

_MOST = 1_000


@takes_settings()
def verify_log(settings: Settings, format: FormatOption = Format.TABLE) -> None:
    """Check every event: positions without a gap, versions, balanced entries, hashes; ends with 0 only if all hold."""
    with reading(settings) as app:
        heads = app.ledger.reader.heads()
        faults = list(islice(find_faults(app.ledger.reader), _MOST))
    wrong = {book: sum(fault.book == book for fault in faults) for book in heads}
    if faults:
        rows = [{"book": fault.book, "position": fault.position, "fault": fault.what} for fault in faults]
        show(rows, format, title="Faults", columns=("book", "position", "fault"))
        raise ServiceFailure(f"The log does not hold: {len(faults)} faults{' at least' * (len(faults) == _MOST)}.")
    rows = [{"book": book, "events": head, "faults": wrong[book]} for book, head in heads.items()]
    show(rows, format, columns=("book", "events", "faults"))
