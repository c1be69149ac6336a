"""The relay as the settings say it: the servers, the names, and the views."""

from __future__ import annotations

from projections.engine.projection import Projection
from projections.registry import PROJECTIONS
from service.app import App
from service.failures import ServiceFailure
from service.feeds.view_feed import ViewFeed
from service.relay.connection import Servers
from service.relay.names import Names
from service.relay.relay import relay
from service.relay.stream import Keeping
from service.settings import Settings, flag_of


def servers_of(settings: Settings) -> Servers:
    """Returns the servers of the broker. Raises `ServiceFailure` if none is named."""
    if not settings.brokers:
        raise ServiceFailure(f"{flag_of('relay_to')}: name the NATS servers, such as nats://127.0.0.1:4222.")
    return Servers(settings.brokers, settings.relay_credentials)


def views_of(settings: Settings) -> list[Projection]:
    """Returns the views to relay. Raises `ServiceFailure` for a name that no view has."""
    for name in settings.views_to_relay:
        if name not in PROJECTIONS:
            raise ServiceFailure(f"{flag_of('relay_views')}: there is no view {name!r}. docs/views.md lists them.")
    return [PROJECTIONS[name] for name in settings.views_to_relay]


def relay_as_set(app: App, *, once: bool) -> int:
    """Relays as `relay` does, and returns the number of messages. With `once`, folds the views first."""
    settings, views = app.settings, views_of(app.settings)
    if once:
        app.catch_up(views)
    return relay(
        app.ledger,
        servers_of(settings),
        names=Names(settings.relay_prefix),
        keeping=Keeping(settings.relay_replicas, settings.relay_keep_days, settings.relay_keep_mib),
        views=[ViewFeed(app, view) for view in views],
        once=once,
    )
