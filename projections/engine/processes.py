"""Processes that fold books side by side, for one rebuild or for many of them in turn."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context


@contextmanager
def fold_processes() -> Iterator[Executor]:
    """A pool, started when it is first needed. Whatever breaks off its owner ends its processes at once."""
    others = set(active_children())
    # Not forked: this process may have threads that hold locks.
    pool = ProcessPoolExecutor(mp_context=get_context("spawn"), initializer=_end_without_a_word)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        ended = set(active_children()) - others
        for process in ended:
            process.terminate()
        for process in ended:
            process.join()
        raise
    pool.shutdown()


def _end_without_a_word() -> None:
    """An interrupt at a terminal reaches every process; the one that was started there says what there is to say."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(1))
