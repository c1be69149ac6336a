"""A lease call that waits for events: it holds its connection for a while, and no thread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from service.feeds.tail import Tail
from service.subscriptions.subscriptions import Leased

_LOOK_ANYWAY_S = 1.0  # for events that come again after a failure, and so that the group knows that the member is there
_FIRST_PAUSE_S = 0.01  # after growth without an event for the member; it doubles, because each look costs a call


async def leased_within(
    wait_s: float, tail: Tail, lease: Callable[[], Awaitable[Leased]], is_gone: Callable[[], Awaitable[bool]]
) -> Leased | None:
    """Returns the first lease with events, or the last one within `wait_s`. Returns None if the client is gone, because
    nobody would acknowledge its events."""
    loop = asyncio.get_running_loop()
    until, pause_s = loop.time() + wait_s, _FIRST_PAUSE_S
    with tail.followed():
        while not await is_gone():
            grown = tail.grown  # before the look, so that nothing is missed in between
            found = await lease()
            left = until - loop.time()
            if found.events or left <= 0 or tail.is_over:
                return found
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, _LOOK_ANYWAY_S)):
                    await grown.wait()
                    await asyncio.sleep(pause_s)
                    pause_s = min(2 * pause_s, _LOOK_ANYWAY_S)
    return None
