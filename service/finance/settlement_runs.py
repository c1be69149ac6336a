"""The settlement runs, as the log has them."""

from __future__ import annotations

from ledger.events.statements import SettlementRunCompleted, SettlementRunStarted
from ledger.ids import PLATFORM_BOOK, kind_of, settlement_run_stream
from ledger.log.reader import Reader
from ledger.streams.loader import StreamReader, load_streams
from ledger.streams.statements import SettlementRun

_KIND = kind_of(settlement_run_stream(""))
Run = tuple[SettlementRunStarted, SettlementRunCompleted | None]


def settlement_runs(reader: Reader, streams: StreamReader) -> list[Run]:
    """Returns the start and the end of each run that `streams` knows, the latest run first."""
    names = dict.fromkeys(reader.streams_of(PLATFORM_BOOK, _KIND), PLATFORM_BOOK)
    runs = load_streams(streams, names, SettlementRun).values()
    found = [(run.started, run.completed) for run in runs if run.started is not None]
    return sorted(found, key=lambda run: (run[0].started_at, run[0].run_id), reverse=True)
