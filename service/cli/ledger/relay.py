"""`redledger relay`: publishes the log, and the rows of views, to NATS JetStream until Ctrl-C."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.demonstration import opened
from service.cli.options import takes_settings
from service.cli.output import stdout
from service.failures import ServiceFailure
from service.settings import RELAYING, Settings


@takes_settings(*RELAYING)
def relay(
    settings: Settings,
    once: Annotated[
        bool,
        typer.Option(
            "--once",
            help="Relay the events that are recorded now, and end; for half a minute at most without progress.",
        ),
    ] = False,
) -> None:
    """Publish every event to NATS JetStream: each book to a stream of its own, whose sequence is the book's position.

    With --views, the rows of these views too, as they change: each view and book has a stream.

    The relay keeps no state: it goes on at the last message of each stream, and fills a stream that was lost again. Any
    number of relays may run. It waits for a broker or a database that does not answer. Ctrl-C ends it.
    """
    try:
        from service.cli.logs import log_to_standard_error
        from service.relay.set_relay import relay_as_set, servers_of, views_of
        from service.traces.export import observing
    except ModuleNotFoundError:
        raise ServiceFailure("The relay needs the client of NATS: pip install 'redledger[nats]'.") from None
    servers, _ = servers_of(settings), views_of(settings)  # refused before the ledger is opened
    log_to_standard_error(settings.log_format, talkative="service.relay")
    with observing(settings) as observer, opened(settings, observer=observer) as app:
        if not once:
            stdout().print(f"RedLedger relays its events to {servers}. Ctrl-C ends it.", soft_wrap=True)
        try:
            published = relay_as_set(app, once=once)
        except KeyboardInterrupt:
            if once:
                raise
            return
    stdout().print(f"{published:,} messages were relayed to {servers}. It has every event that was recorded.")
