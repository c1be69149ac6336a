"""`redledger balances`: the balances of merchants, now, on an accounting day, or as known at an instant."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.options import Format, FormatOption, takes_settings
from service.cli.output import rows_of, show
from service.cli.timepoints import AsKnownAt, AsOfOption, answerable, timepoint_of
from service.cli.view_reads import reading
from service.failures import ServiceFailure
from service.settings import Settings
from service.tables.tables import MERCHANT_BALANCES


@takes_settings()
def balances(
    settings: Settings,
    merchant: Annotated[str | None, typer.Option(help="Only this merchant, such as M-1042.")] = None,
    as_of: AsOfOption = None,
    as_known_at: AsKnownAt = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Show the balances of merchants in CNY: pending, available, on hold, in transit, paid, and due from the
    merchant; the amount of open cases and disputes, and the next release.

    Both times may be given together: --as-of 2025-06-30 --as-known-at 2025-07-03T08:00:00Z is the balance of 30 June
    as it was known on 3 July.
    """
    from projections.balances.balances import PROJECTION
    from projections.balances.due_releases import DueReleases
    from projections.balances.merchant_summaries import merchant_summaries
    from projections.balances.open_claims import ClaimsOnMerchants

    with reading(settings, [PROJECTION, ClaimsOnMerchants(), DueReleases()]) as app, answerable():
        timepoint = timepoint_of(as_of, as_known_at)
        answer = merchant_summaries(app.views, timepoint, now=app.clock(), merchant=merchant)
    if merchant is not None and not answer.merchants:
        raise ServiceFailure(f"Merchant {merchant} has no balance at that time. Check the id.")
    show(MERCHANT_BALANCES, rows_of(answer.merchants, MERCHANT_BALANCES), format)
