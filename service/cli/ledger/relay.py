"""`redledger relay`: publishes the log to NATS JetStream until Ctrl-C."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from service.cli.demonstration import opened
from service.cli.options import takes_settings
from service.cli.output import stderr, stdout
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
        from service.relay.book_stream import Keeping
        from service.relay.connection import Servers
        from service.relay.names import Names
        from service.relay.relay import relay as do_relay
    except ModuleNotFoundError:
        raise ServiceFailure("The relay needs the client of NATS: pip install 'redledger[nats]'.") from None
    _log_to_standard_error()
    servers = Servers(settings.brokers, settings.relay_credentials)
    keeping = Keeping(settings.relay_replicas, settings.relay_keep_days, settings.relay_keep_mib)
    with opened(settings) as app:
        if not once:
            stdout().print(f"RedLedger relays its events to {servers}. Ctrl-C ends it.", soft_wrap=True)
        try:
            published = do_relay(app.ledger, servers, names=Names(settings.relay_prefix), keeping=keeping, once=once)
        except KeyboardInterrupt:
            if once:
                raise
            return
    stdout().print(f"{published:,} events were relayed to {servers}. It has every event that was recorded.")


def _log_to_standard_error() -> None:
    from rich.logging import RichHandler

    logging.basicConfig(
        level=logging.WARNING, format="%(message)s", handlers=[RichHandler(console=stderr(), show_path=False)]
    )
    logging.getLogger("service.relay").setLevel(logging.INFO)
