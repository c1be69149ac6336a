"""The sender of one endpoint: leases events, posts them in the order of their streams, and settles them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from datetime import timedelta
from itertools import groupby
from random import Random
from typing import ParamSpec, TypeVar

from ledger.log.database_errors import trouble_of
from ledger.log.observer import Observer
from service.failures import ServiceFailure
from service.subscriptions.book_delivery import NotHeld
from service.subscriptions.lease_call import DeliveredEvent
from service.webhooks.circuit import Circuit
from service.webhooks.delays import DELAYS, LONGEST_ASKED, delay_after
from service.webhooks.endpoint_calls import EndpointCalls, Message
from service.webhooks.endpoints import Endpoint
from service.webhooks.post import Attempt, Post
from service.webhooks.signature import signed_headers

MOST_AT_ONCE = 16  # posts to one endpoint
_LOOK_EVERY_S = 2.0  # for events whose delay has ended, and so that the group knows that the member is there
_AFTER_TROUBLE_S = 2.0

P = ParamSpec("P")
T = TypeVar("T")
_logger = logging.getLogger(__name__)


class EndpointSender:
    """Runs in the event loop that all endpoints share. A hanging endpoint holds up itself only: it has a bound of its
    own, and no thread while it waits for an answer."""

    def __init__(
        self,
        endpoint: Endpoint,
        calls: EndpointCalls,
        post: Post,
        *,
        threads: Executor,
        observer: Observer,
        random: Random,
        delays: Sequence[timedelta] = DELAYS,
    ) -> None:
        self._endpoint, self._calls, self._post = endpoint, calls, post
        self._threads, self._observer, self._random, self._delays = threads, observer, random, delays
        self._circuit = Circuit(random)
        self._in_flight = 0
        self._rung = asyncio.Event()
        self._noted = ""

    def ring(self, endpoint: Endpoint) -> None:
        """Says that the log may have grown, and how the endpoint is now."""
        self._endpoint = endpoint
        self._rung.set()

    async def run(self) -> None:
        """Sends until it is cancelled. A trouble of the database delays what it meets and nothing else: posts that wait
        for their answers go on, and an event that cannot be settled comes again when its lease has ended."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._rung.clear()
                try:
                    await self._begin(tasks)
                except Exception as error:
                    self._note(error)
                    await asyncio.sleep(_AFTER_TROUBLE_S)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_EVERY_S):
                        await self._rung.wait()

    async def _begin(self, tasks: asyncio.TaskGroup) -> None:
        """Begins to send what there is room for now."""
        if secrets := await self._call(self._calls.secrets, self._endpoint):
            await self._send_test(secrets)
            for events in await self._leased():
                tasks.create_task(self._deliver(events, secrets, asyncio.get_running_loop().time()))

    async def _leased(self) -> Sequence[Sequence[DeliveredEvent]]:
        """Returns new events by stream, each in order."""
        endpoint, now = self._endpoint, asyncio.get_running_loop().time()
        if endpoint.subscription.paused:
            return []
        most = min(MOST_AT_ONCE, endpoint.settings.most_in_flight)
        room = self._circuit.room(now, in_flight=self._in_flight, most=most)
        events = await self._call(self._calls.lease, endpoint, room)
        self._noted = ""
        self._in_flight += len(events)
        by_stream = sorted(events, key=lambda each: (each.row.stream, each.row.position))
        return [list(each) for _, each in groupby(by_stream, key=lambda each: each.row.stream)]

    async def _deliver(self, events: Sequence[DeliveredEvent], secrets: Sequence[str], leased_at: float) -> None:
        """Posts the events of one stream, until one of them fails: the later ones then wait for it."""
        loop, left = asyncio.get_running_loop(), len(events)
        latest = leased_at + self._endpoint.settings.ack_within_s - self._post.deadline_s
        try:
            for event in events:
                if loop.time() > latest and event is not events[0]:
                    await self._call(self._calls.release, self._endpoint, event)
                    return
                if not await self._is_delivered(event, secrets):
                    return
                left -= 1
                self._in_flight -= 1
        except NotHeld:
            return  # it was taken back meanwhile, by a rewind or after a pause of this process, and comes again
        except Exception as error:
            self._note(error)
        finally:
            self._in_flight -= left
            self._rung.set()

    async def _is_delivered(self, event: DeliveredEvent, secrets: Sequence[str]) -> bool:
        endpoint = self._endpoint
        trace_parent = self._observer.trace_parent(event.row)
        attempt = await self._posted(endpoint, Message(event.row.event_id, event.text), secrets, trace_parent)
        if attempt.is_delivered:
            self._circuit.succeeded()
            self._observer.circuit_changed(endpoint.id, is_open=False)
            self._observer.delivered("webhook", [event.row], seconds=attempt.took_s)
            await self._call(self._calls.delivered, endpoint, event, attempt)
            return True
        asked = min(timedelta(seconds=attempt.retry_after_s(self._calls.now())), LONGEST_ASKED)
        self._circuit.failed(asyncio.get_running_loop().time(), asked_s=asked.total_seconds())
        self._observer.circuit_changed(endpoint.id, is_open=self._circuit.is_open)
        delay = delay_after(event.attempt, asked=asked, random=self._random, delays=self._delays)
        await self._call(self._calls.failed, endpoint, event, attempt, delay)
        return False

    async def _send_test(self, secrets: Sequence[str]) -> None:
        endpoint = self._endpoint
        if message := await self._call(self._calls.test_of, endpoint):
            attempt = await self._posted(endpoint, message, secrets)
            await self._call(self._calls.tested, endpoint, attempt)

    async def _posted(
        self, endpoint: Endpoint, message: Message, secrets: Sequence[str], trace_parent: str = ""
    ) -> Attempt:
        headers = signed_headers(message.id, message.body, at=self._calls.now(), secrets=secrets)
        headers |= {"traceparent": trace_parent} if trace_parent else {}
        attempt = await self._post.post(endpoint.url, message.body, headers)
        outcome = "delivered" if attempt.is_delivered else "gone" if attempt.is_gone else "failed"
        self._observer.webhook_posted(endpoint.id, outcome, seconds=attempt.took_s)
        return attempt

    async def _call(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Returns the result of a call that blocks, from a thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: call(*args, **kwargs))

    def _note(self, error: Exception) -> None:
        """Logs a trouble, once until it has ended."""
        reason = f"{type(error).__name__}: {error}"
        if reason != self._noted:
            self._noted = reason
            known = trouble_of(error) is not None or isinstance(error, ServiceFailure)
            _logger.warning("webhooks of %s wait: %s", self._endpoint.id, reason, exc_info=None if known else error)
