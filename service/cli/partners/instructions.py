"""`redledger instructions`: instructions to partners that are not answered yet."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from service.cli.options import AfterOption, Format, FormatOption, LimitOption, takes_settings
from service.cli.output import hours, rows_of, say_more, show
from service.cli.timepoints import AsKnownAt, AsOfOption, answerable, timepoint_of
from service.cli.view_reads import reading
from service.questions.pages import page_of
from service.settings import Settings
from service.tables.tables import INSTRUCTIONS


@takes_settings()
def instructions(
    settings: Settings,
    partner: Annotated[
        str | None, typer.Option("--partner", help="Only instructions to this partner, such as stripe.")
    ] = None,
    limit: LimitOption = 500,
    after: AfterOption = None,
    as_of: AsOfOption = None,
    as_known_at: AsKnownAt = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """List captures, voids, refunds and payouts that were requested and are not answered, the oldest first.

    The service sends them to the partners of its settings. Without a partner they wait until their results are
    recorded.
    """
    from projections.reconciliation.instructions import Instructions, open_instructions
    from service.questions.timepoints import end_of

    with reading(settings, [Instructions()], partner=partner) as app, answerable():
        timepoint = timepoint_of(as_of, as_known_at)
        now = end_of(timepoint, app.clock())
        page = page_of(
            "instructions",
            partial(open_instructions, app.views, timepoint, partner=partner),
            limit=limit,
            after=after,
        )
    computed = {"age_h": lambda row: hours(now - row.requested_at), "facts": lambda row: dict(row.facts)}
    show(INSTRUCTIONS, rows_of(page.rows, INSTRUCTIONS, **computed), format)
    say_more(page.next, len(page.rows))
