"""The settlement runs, as the log has them."""

from __future__ import annotations

from ledger.ids import PLATFORM_BOOK, kind_of, settlement_run_stream
from ledger.streams.loader import load_streams
from ledger.streams.statements import SettlementRun
from service.app import App
from service.questions.past_states import PastStreams
from service.questions.shapes import ShownRun, shown_run

_KIND = kind_of(settlement_run_stream(""))


def settlement_runs(app: App, streams: PastStreams) -> list[ShownRun]:
    """Returns the runs that were started by then, the latest first."""
    names = dict.fromkeys(app.ledger.reader.streams_of(PLATFORM_BOOK, _KIND), PLATFORM_BOOK)
    runs = load_streams(streams, names, SettlementRun).values()
    found = [shown_run(run.started, run.completed) for run in runs if run.started is not None]
    return sorted(found, key=lambda run: (run.started_at, run.run_id), reverse=True)
