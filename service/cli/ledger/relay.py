"""`redledger relay`: publishes the log to NATS JetStream until Ctrl-C."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.demonstration import opened
from service.cli.options import takes_settings
from service.cli.output import stdout
from service.failures import ServiceFailure
from service.settings import RELAYING, Settings, flag_of


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

    The relay keeps no state: it goes on at the last event of each stream, and fills a stream that was lost again. Any
    number of relays may run. It waits for a broker or a database that does not answer. Ctrl-C ends it.
    """
    if not settings.brokers:
        raise ServiceFailure(f"{flag_of('relay_to')}: name the NATS servers, such as nats://127.0.0.1:4222.")
    try:
        from service.cli.logs import log_to_standard_error
        from service.relay.book_stream import Keeping
        from service.relay.connection import Servers
        from service.relay.names import Names
        from service.relay.relay import relay as do_relay
        from service.traces.export import observing
    except ModuleNotFoundError:
        raise ServiceFailure("The relay needs the client of NATS: pip install 'redledger[nats]'.") from None
    log_to_standard_error(settings.log_format, talkative="service.relay")
    servers = Servers(settings.brokers, settings.relay_credentials)
    keeping = Keeping(settings.relay_replicas, settings.relay_keep_days, settings.relay_keep_mib)
    with observing(settings) as observer, opened(settings, observer=observer) as app:
        if not once:
            stdout().print(f"RedLedger relays its events to {servers}. Ctrl-C ends it.", soft_wrap=True)
        try:
            published = do_relay(app.ledger, servers, names=Names(settings.relay_prefix), keeping=keeping, once=once)
        except KeyboardInterrupt:
            if once:
                raise
            return
    stdout().print(f"{published:,} events were relayed to {servers}. It has every event that was recorded.")
