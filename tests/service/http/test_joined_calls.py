"""Joined calls: what waits shares the next call, each gets its own answer, and a failure is everybody's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from threading import Barrier, Event
from typing import Any

import pytest

from service.http.joined_calls import JoinedCalls
from service.http.request_ids import begin, current


def test_what_waits_while_a_call_runs_is_the_next_call_and_each_gets_its_own_answer() -> None:
    calls: list[list[int]] = []
    goes_on = Event()

    def work(asked: Sequence[int]) -> list[int]:
        calls.append(list(asked))
        assert goes_on.wait(30)
        return [10 * each for each in asked]

    async def scenario() -> list[int]:
        joined = JoinedCalls(work, calls=1, most=3)
        answers = [asyncio.create_task(joined.answer_to(number)) for number in range(6)]
        await asyncio.sleep(0)
        goes_on.set()
        return list(await asyncio.gather(*answers))

    assert asyncio.run(scenario()) == [0, 10, 20, 30, 40, 50]
    assert calls == [[0], [1, 2, 3], [4, 5]] or calls == [[0, 1, 2], [3, 4, 5]]


def test_a_call_begins_at_once_if_none_runs_and_again_after_it_has_ended() -> None:
    async def scenario() -> list[int]:
        joined: JoinedCalls[int, int] = JoinedCalls(lambda asked: asked, calls=1, most=3)
        return [await joined.answer_to(number) for number in range(5)]

    assert asyncio.run(scenario()) == [0, 1, 2, 3, 4]


def test_a_call_that_fails_fails_for_all_that_it_joined_and_the_next_works() -> None:
    def work(asked: Sequence[int]) -> Sequence[int]:
        if 0 in asked:
            raise ZeroDivisionError
        return asked

    async def scenario() -> int:
        joined = JoinedCalls(work, calls=1, most=9)
        found = await asyncio.gather(joined.answer_to(0), joined.answer_to(0), return_exceptions=True)
        assert [type(each) for each in found] == [ZeroDivisionError] * 2
        return await joined.answer_to(7)

    assert asyncio.run(scenario()) == 7


def test_who_has_gone_holds_up_nobody() -> None:
    async def scenario() -> int:
        joined: JoinedCalls[int, int] = JoinedCalls(lambda asked: asked, calls=1, most=1)
        first, gone = (asyncio.create_task(joined.answer_to(number)) for number in (1, 2))
        await asyncio.sleep(0)
        gone.cancel()
        assert await first == 1
        return await joined.answer_to(3)

    assert asyncio.run(scenario()) == 3


def test_what_a_call_logs_names_all_its_requests_and_no_others() -> None:
    seen: list[str] = []

    def work(asked: Sequence[str]) -> Sequence[str]:
        seen.append(current())
        return asked

    async def ask(joined: JoinedCalls[str, str], id: str) -> str:
        begin([(b"request-id", id.encode())])
        await joined.answer_to(id)
        return current()

    async def scenario() -> list[str]:
        joined = JoinedCalls(work, calls=1, most=9)
        return list(await asyncio.gather(*(ask(joined, id) for id in ("a", "b", "c"))))

    assert asyncio.run(scenario()) == ["a", "b", "c"]
    assert sorted(" ".join(seen).split()) == ["a", "b", "c"]


@pytest.mark.parametrize("calls", [1, 2, 3])
def test_as_many_calls_run_at_a_time_as_allowed_and_no_more(calls: int) -> None:
    """Each call waits until as many run as are allowed; one more would be counted in the meantime."""
    running: list[int] = []
    together = Barrier(calls, timeout=30)

    def work(asked: Sequence[int]) -> Sequence[int]:
        running.append(1)
        together.wait()
        most.append(len(running))
        together.wait()
        running.pop()
        return asked

    most: list[int] = []

    async def scenario() -> None:
        joined = JoinedCalls(work, calls=calls, most=1)
        await asyncio.gather(*(joined.answer_to(number) for number in range(6 * calls)))

    asyncio.run(scenario())
    assert set(most) == {calls}


def test_a_call_that_leaves_somebody_without_an_answer_fails_for_all_and_the_next_works() -> None:
    async def scenario() -> list[Any]:
        joined: JoinedCalls[int, int] = JoinedCalls(lambda asked: asked[1:] or asked, calls=1, most=9)
        found = await asyncio.gather(*map(joined.answer_to, (1, 2)), return_exceptions=True)
        return [*map(type, found), await joined.answer_to(3)]

    assert asyncio.run(scenario()) == [AssertionError, AssertionError, 3]
