"""A lane admits a limited number, queues a limited number, waits a limited time, and lets accounts take turns."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from anyio.to_thread import current_default_thread_limiter
from sqlalchemy.pool import QueuePool

from ledger.log.engine import writer_engine
from service.http import limits
from service.http.errors import TooBusy, TooManyAtOnce
from service.http.lanes import Lane
from service.http.limits import JOINED_CALLS, LaneSize

Entered = Callable[[str], Awaitable[None]]


def lane(at_once: int, *, queued: int = 100, patience_s: float = 30.0) -> Lane:
    return Lane("tests", LaneSize(at_once=at_once, queued=queued, patience_s=patience_s))


async def waiting(lane: Lane, order: list[str], *who: str) -> list[asyncio.Task[None]]:
    """Starts a request for each name, which notes the name as soon as it has a place."""

    async def ask(name: str) -> None:
        async with lane.entered(name):
            order.append(name)

    tasks = [asyncio.create_task(ask(name)) for name in who]
    await asyncio.sleep(0)  # they run until they wait
    return tasks


def test_all_lanes_together_leave_threads_and_connections_to_the_rest_of_the_service() -> None:
    async def threads() -> float:
        return current_default_thread_limiter().total_tokens

    sizes = [each for each in vars(limits).values() if isinstance(each, LaneSize) and each.in_threads]
    at_once = sum(each.at_once for each in sizes) + JOINED_CALLS
    pool = writer_engine("postgresql+psycopg2://nobody@127.0.0.1/nothing").pool
    assert isinstance(pool, QueuePool)
    assert at_once < asyncio.run(threads())
    assert at_once < pool.size() + pool._max_overflow


def test_accounts_take_turns_however_many_requests_one_of_them_has_waiting() -> None:
    async def scenario() -> list[str]:
        order: list[str] = []
        async with (one := lane(1)).entered("bulk"):
            tasks = await waiting(one, order, "bulk", "bulk", "bulk", "small", "other")
        await asyncio.gather(*tasks)
        return order

    assert asyncio.run(scenario()) == ["bulk", "small", "other", "bulk", "bulk"]


def test_an_account_alone_leaves_a_place_to_the_next() -> None:
    async def scenario() -> list[str]:
        order: list[str] = []
        async with AsyncExitStack() as stack:
            one = lane(4)
            for _ in range(3):
                await stack.enter_async_context(one.entered("bulk"))
            tasks = await waiting(one, order, "bulk", "small")
            seen = list(order)
        await asyncio.gather(*tasks)
        return seen

    assert asyncio.run(scenario()) == ["small"]


@pytest.mark.parametrize(
    ("who", "refusal"), [("bulk", TooManyAtOnce), ("small", None)], ids=["its own excess", "another account"]
)
def test_beyond_its_part_of_the_queue_an_account_is_refused_and_others_wait(who: str, refusal: Any) -> None:
    async def scenario() -> None:
        order: list[str] = []
        async with (one := lane(1, queued=4)).entered("bulk"):
            tasks = await waiting(one, order, "bulk", "bulk")
            tasks += await waiting(one, order, who)
        await asyncio.gather(*tasks)

    if refusal is None:
        asyncio.run(scenario())
    else:
        with pytest.raises(refusal, match="1 tests of one account run at a time, and 2 more wait"):
            asyncio.run(scenario())


def test_beyond_the_whole_queue_the_service_is_busy() -> None:
    async def scenario() -> None:
        async with (one := lane(2, queued=2)).entered("a"), one.entered("b"):
            await asyncio.gather(*await waiting(one, [], "c", "d", "e"))

    with pytest.raises(TooBusy, match="2 tests run already"):
        asyncio.run(scenario())


@pytest.mark.parametrize(("who", "refusal"), [("a", TooManyAtOnce), ("b", TooBusy)])
def test_a_place_that_does_not_come_free_in_time_is_not_waited_for(who: str, refusal: Any) -> None:
    async def scenario() -> None:
        async with (one := lane(1, patience_s=0.01)).entered("a"), one.entered(who):
            pass

    with pytest.raises(refusal):
        asyncio.run(scenario())


def test_who_gave_up_does_not_take_the_place_of_the_next() -> None:
    async def scenario() -> list[str]:
        order: list[str] = []
        async with (one := lane(1)).entered("a"):
            left, *others = await waiting(one, order, "left", "b")
            left.cancel()  # and the place comes free before it has noticed
        await asyncio.gather(left, *others, return_exceptions=True)
        return order

    assert asyncio.run(scenario()) == ["b"]


def test_a_place_that_was_given_to_who_just_left_goes_to_the_next() -> None:
    async def scenario() -> list[str]:
        order: list[str] = []
        async with (one := lane(1)).entered("a"):
            left, *others = await waiting(one, order, "left", "b")
        left.cancel()  # it was given the place and has not run since
        await asyncio.gather(left, *others, return_exceptions=True)
        return order

    assert asyncio.run(scenario()) == ["b"]


def test_a_place_is_given_back_after_a_fault() -> None:
    async def scenario() -> str:
        one = lane(1, patience_s=0.01)
        with pytest.raises(ZeroDivisionError):
            async with one.entered("a"):
                raise ZeroDivisionError
        async with one.entered("b"):
            return "in"

    assert asyncio.run(scenario()) == "in"


def test_a_lane_that_is_empty_remembers_nobody() -> None:
    async def scenario() -> tuple[int, int]:
        one = lane(1)
        async with one.entered("a"):
            tasks = await waiting(one, [], *(f"account {n}" for n in range(50)))
        await asyncio.gather(*tasks)
        return len(one._running), len(one._waiting)

    assert asyncio.run(scenario()) == (0, 0)
