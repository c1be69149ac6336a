"""Joined calls: what waits while a call runs in a thread becomes the next call, so that many share its cost.

Nothing waits in order to be joined: if no call runs, the next one begins at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

from service.http.request_ids import current, for_all

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class JoinedCalls(Generic[Asked, Answer]):
    """Calls of `work`, which answers each of a list in its order: at most `calls` at a time, each for at most `most`.

    Belongs to the event loop. A line that is logged in a call names all its requests.
    """

    def __init__(self, work: Callable[[Sequence[Asked]], Sequence[Answer]], *, calls: int, most: int) -> None:
        self._work, self._calls, self._most = work, calls, most
        self._waiting: deque[tuple[Asked, str, asyncio.Future[Answer]]] = deque()
        self._running = 0
        self._tasks: set[asyncio.Task[None]] = set()  # the loop itself does not keep them

    async def answer_to(self, asked: Asked) -> Answer:
        """Returns the answer of the call that includes this. Raises what the call raises."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, current(), answer))
        if self._running < self._calls:
            self._running += 1
            task = asyncio.create_task(self._run())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                part = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._most))]
                for_all([id for _, id, _ in part])  # in the context of this task alone
                found = await self._answers([asked for asked, _, _ in part])
                for (_, _, answer), each in zip(part, found, strict=True):
                    _settle(answer, each)
        finally:
            self._running -= 1

    async def _answers(self, asked: Sequence[Asked]) -> Sequence[Answer | Exception]:
        try:
            found = await run_in_threadpool(self._work, asked)
            assert len(found) == len(asked), f"{len(asked)} were asked, and {len(found)} answered"
            return found
        except Exception as error:
            return [error] * len(asked)


def _settle(answer: asyncio.Future[Answer], found: Answer | Exception) -> None:
    if answer.done():
        return  # its client has gone
    if isinstance(found, Exception):
        answer.set_exception(found)
    else:
        answer.set_result(found)
