"""Runs the service: follows the views, runs the timers and answers HTTP until it is stopped."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import uvicorn
from fastapi import FastAPI

from service.access.issuer import issuer_of
from service.app import App, open_app
from service.automation.worker import TimerWorker
from service.console.application import with_console
from service.data_lock import only_service
from service.database import kept_running
from service.embedded import Watch
from service.failures import ServiceFailure
from service.http.application import end_streams, make_application
from service.http.server import server_config
from service.networks import host_in_url
from service.settings import Settings
from service.traces.export import observing
from service.views.follower import following
from service.views.upgrade import upgrading
from service.webhooks.sender import WebhookSender


def serve(
    settings: Settings, *, first: Callable[[App], None], ready: Callable[[str], None], demonstration: bool = False
) -> None:
    """Runs the service until it is interrupted. Calls `first` when the ledger is open, and `ready` with the address.

    With `demonstration`, a ledger that is founded here is one for demonstration. Raises one of `OBSTACLES` if the
    service cannot start, and `ServerLost` if the embedded server cannot be kept running.
    """
    issuer_of(settings)  # settings that do not go together are refused before anything is created
    try:
        with ExitStack() as stack:
            listener = stack.enter_context(_listening(settings))
            address = f"http://{host_in_url(settings.host)}:{listener.getsockname()[1]}"
            if settings.server is None:
                stack.enter_context(only_service(settings.data_dir, address))
            watch = stack.enter_context(kept_running(settings))
            metrics = stack.enter_context(observing(settings))
            app = stack.enter_context(open_app(settings, create=True, demonstration=demonstration, observer=metrics))
            _expect_known_policies(app)
            stack.enter_context(following(app.ledger))
            stack.enter_context(upgrading(app.ledger))
            first(app)  # before the timers start, because a scenario cannot record events older than theirs
            stack.enter_context(_timing(app))
            stack.enter_context(_webhooks(app))
            _answer(with_console(make_application(app, metrics=metrics)), listener, watch, lambda: ready(address))
    except KeyboardInterrupt:
        return


def _expect_known_policies(app: App) -> None:
    """Raises `ServiceFailure` if the ledger has policies that this code does not know."""
    if unknown := app.bus.reference().unknown:
        raise ServiceFailure(
            f"This version of RedLedger does not know the policy {', '.join(unknown)}, which this ledger has."
            " Install the version that published it, or a newer one; nothing was changed."
        )


def _answer(application: FastAPI, listener: socket.socket, watch: Watch | None, ready: Callable[[], None]) -> None:
    app: App = application.state.app
    config = server_config(application, trusted_proxies=app.settings.proxies)
    _Server(config, watch, ready=ready, end_streams=lambda: end_streams(application)).run(sockets=[listener])
    if watch is not None:
        watch.check()


class _Server(uvicorn.Server):
    """An HTTP server that reports when it is ready, stops when the database is lost, and ends streams as it stops."""

    def __init__(
        self,
        config: uvicorn.Config,
        watch: Watch | None,
        *,
        ready: Callable[[], None],
        end_streams: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._end_streams = end_streams
        self._watch = watch
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_streams()
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or (self._watch is not None and self._watch.is_over)


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """Yields the listening socket. It is bound first, so that a second service on the same port fails at once."""
    try:
        ((family, kind, protocol, _, place), *_) = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise ServiceFailure(f"{settings.host!r} is not an address to listen on: {error.strerror}.") from None
    with socket.socket(family, kind, protocol) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(place)
            listener.listen()
        except OSError as error:
            raise ServiceFailure(
                f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}. --port names another one."
            ) from None
        yield listener


@contextmanager
def _timing(app: App) -> Iterator[None]:
    """Runs the timers in a thread of this process until the block ends."""
    timers = TimerWorker(app)
    timers.start()
    try:
        yield
    finally:
        timers.stop()


@contextmanager
def _webhooks(app: App) -> Iterator[None]:
    """Sends webhooks from a thread of this process until the block ends."""
    sender = WebhookSender(app)
    sender.start()
    try:
        yield
    finally:
        sender.stop()
