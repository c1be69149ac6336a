"""Handling of SIGTERM and SIGHUP: both end a command as Ctrl-C does."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType


@contextmanager
def interrupted_by_signals() -> Iterator[list[int]]:
    """Raises `KeyboardInterrupt` in the block at SIGTERM or SIGHUP. Yields the list of the signals received, in
    order.

    An ignored signal stays ignored, as with `nohup`. SIGHUP is passed on as SIGTERM, which the HTTP server handles.
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
