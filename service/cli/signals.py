"""What ends a command from outside: SIGTERM and SIGHUP unwind what is open, as Ctrl-C does."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType


@contextmanager
def interrupted_by_signals() -> Iterator[list[int]]:
    """Raises `KeyboardInterrupt` within the block at either signal; the list names those that came, in order.

    One that is ignored, as `nohup` does it, is still ignored. A hangup is passed on as SIGTERM, for which the HTTP
    server has a way of its own to end.
    """
    received: list[int] = []

    def terminate(number: int, _: FrameType | None) -> None:
        received.append(number)
        raise KeyboardInterrupt

    def hang_up(number: int, _: FrameType | None) -> None:
        received.append(number)
        signal.raise_signal(signal.SIGTERM)

    if current_thread() is not main_thread():  # which alone may set handlers
        yield received
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    for number, handler in ((signal.SIGTERM, terminate), (signal.SIGHUP, hang_up)):
        if before[number] is not signal.SIG_IGN:
            signal.signal(number, handler)
    try:
        yield received
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
