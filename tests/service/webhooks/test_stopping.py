"""A sender of one endpoint ends when it is stopped, whatever comes at the same time."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Literal

from ledger.actors import Actor
from service.app import App
from service.webhooks.endpoint_calls import EndpointCalls
from service.webhooks.endpoint_sender import EndpointSender
from service.webhooks.endpoints import Endpoint, Endpoints
from service.webhooks.post import Post
from service.webhooks.signature import new_secret
from tests.support.buses import open_desk
from tests.support.endpoints import LOOPBACK
from tests.support.receivers import receiver
from tests.support.services import PATIENCE_S
from tests.support.shops import app_of
from tests.support.subscribers import subscribe

FAY = Actor(kind="platform", id="fay", role="finance")


class Rung(asyncio.Event):
    """The event that rings a sender. `awaited` is set once the sender waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.awaited = asyncio.Event()

    async def wait(self) -> Literal[True]:
        self.awaited.set()
        return await super().wait()


def test_a_sender_that_is_rung_as_it_is_stopped_stops(database_url: str, tmp_path: Path) -> None:
    async def ring_and_stop(app: App, endpoint: Endpoint) -> None:
        async with Post(LOOPBACK) as post:
            calls, observer = EndpointCalls(app, "member-1"), app.ledger.observer
            sender = EndpointSender(endpoint, calls, post, threads=threads, observer=observer, random=Random(1))
            sender._rung = rung = Rung()
            running = asyncio.create_task(sender.run())
            await rung.awaited.wait()
            sender.ring(endpoint)
            await asyncio.sleep(0)  # the wait has its result, and the sender does not know it yet
            running.cancel()
            ended, _ = await asyncio.wait([running], timeout=PATIENCE_S)
            assert ended

    with (
        open_desk(database_url, tmp_path, now=datetime.now(UTC)) as desk,
        receiver() as to,
        ThreadPoolExecutor(1) as threads,
    ):
        subscribe(desk, "hook", url=to.url)
        desk.expect("rotate_webhook_secret", actor=FAY, subscription_id="hook", secret=new_secret())
        (endpoint,) = Endpoints(desk.ledger).refresh().values()
        asyncio.run(ring_and_stop(app_of(desk), endpoint))
