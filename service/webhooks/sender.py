"""Sends the webhooks of a ledger from one thread with an event loop, beside as many other processes as there are."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import timedelta
from random import Random
from threading import Thread
from uuid import uuid4

from ledger.log.database_errors import DatabaseTrouble, trouble_of
from ledger.log.wakeups import Listener
from service.app import App
from service.webhooks.delays import DELAYS
from service.webhooks.endpoint_calls import EndpointCalls
from service.webhooks.endpoint_sender import EndpointSender
from service.webhooks.endpoints import Endpoint, Endpoints
from service.webhooks.post import Post

_THREADS = 4  # calls of the database at a time, and so connections
_PRUNE_EVERY_S = 3_600.0

_logger = logging.getLogger(__name__)


class WebhookSender:
    """Starts a sender for each endpoint, and rings them when the log grows. `post` makes the connections."""

    def __init__(
        self,
        app: App,
        *,
        post: Callable[[], Post] | None = None,
        random: Random | None = None,
        delays: Sequence[timedelta] = DELAYS,
    ) -> None:
        self._app, self._delays, self._random = app, delays, random or Random()
        self._post = post or (lambda: Post(app.settings.networks_of_webhooks))
        self._calls = EndpointCalls(app, f"webhooks-{uuid4()}")
        self._endpoints = Endpoints(app.ledger)
        self._senders = dict[str, tuple[EndpointSender, asyncio.Task[None]]]()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stops the thread. A post that has no answer yet is cut off, and comes again."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._send())
        with suppress(DatabaseTrouble):  # the others wait until the member is silent for long enough
            for endpoint in self._endpoints.known:
                self._calls.leave(endpoint)

    async def _send(self) -> None:
        with (
            closing(self._app.ledger.listener()) as listener,
            ThreadPoolExecutor(_THREADS, thread_name_prefix="webhook call") as threads,
            ThreadPoolExecutor(
                1, thread_name_prefix="webhook bell"
            ) as bell,  # of one thread, because only one may wait
        ):
            async with self._post() as post:
                stopped = asyncio.create_task(self._stop.wait())
                follow = asyncio.create_task(self._follow(post, listener, threads=threads, bell=bell))
                await asyncio.wait({stopped, follow}, return_when=asyncio.FIRST_COMPLETED)
                tasks = [follow, stopped, *(task for _, task in self._senders.values())]
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self, post: Post, listener: Listener, *, threads: Executor, bell: Executor) -> None:
        """Keeps a sender for each open endpoint, without end."""
        loop, noted = asyncio.get_running_loop(), ""
        prune_at = loop.time()
        while True:
            try:
                found = await loop.run_in_executor(threads, self._endpoints.refresh)
                for stream in self._senders.keys() - found.keys():
                    self._senders.pop(stream)[1].cancel()
                for stream, endpoint in found.items():
                    self._ring(stream, endpoint, post, threads)
                if loop.time() >= prune_at:
                    prune_at = loop.time() + _PRUNE_EVERY_S
                    await loop.run_in_executor(threads, self._calls.log.prune)
                noted = ""
            except Exception as error:  # the thread goes on; every trouble is logged once until it has ended
                reason = f"{type(error).__name__}: {error}"
                if noted != reason:
                    noted = reason
                    _logger.warning("webhooks wait: %s", reason, exc_info=None if trouble_of(error) else error)
            await loop.run_in_executor(bell, listener.wait)

    def _ring(self, stream: str, endpoint: Endpoint, post: Post, threads: Executor) -> None:
        if stream in self._senders:
            self._senders[stream][0].ring(endpoint)
            return
        sender = EndpointSender(
            endpoint,
            self._calls,
            post,
            threads=threads,
            observer=self._app.ledger.observer,
            random=self._random,
            delays=self._delays,
        )
        self._senders[stream] = sender, asyncio.create_task(sender.run())
