"""A pool of processes that fold books in parallel, for one rebuild or several in turn."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context, parent_process
from threading import Thread


@contextmanager
def fold_processes() -> Iterator[Executor]:
    """Yields a pool that starts at its first use. If the block raises, its processes end at once."""
    others = set(active_children())
    # Not forked, because threads of this process may hold locks.
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
    """Ends on Ctrl-C without a message, which the parent prints, and with the parent, which may be killed."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(1))
    Thread(target=_end_with_the_parent, name="parent", daemon=True).start()


def _end_with_the_parent() -> None:
    parent = parent_process()
    assert parent is not None, "runs in a process of the pool"
    parent.join()
    os._exit(1)
