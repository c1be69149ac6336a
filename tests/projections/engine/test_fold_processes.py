"""The processes that fold books end with whoever started them, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from multiprocessing import active_children
from pathlib import Path

import pytest

from projections.engine.processes import fold_processes

_PATIENCE_S = 60
_REPOSITORY = Path(__file__).resolve().parent.parent.parent.parent
_FOLDING = """
import time
from projections.engine.processes import fold_processes
with fold_processes() as pool:
    pool.submit(abs, 1).result()
    print("folding", flush=True)
    pool.submit(time.sleep, 600).result()
"""


def test_what_breaks_off_their_owner_ends_them_at_once() -> None:
    began, of_other_tests = time.monotonic(), set(active_children())
    with pytest.raises(KeyboardInterrupt):
        _fold_for_long()
    assert time.monotonic() - began < _PATIENCE_S
    assert set(active_children()) <= of_other_tests


def _fold_for_long() -> None:
    with fold_processes() as pool:
        assert pool.submit(os.getpid).result() != os.getpid()
        pool.submit(time.sleep, 600)
        raise KeyboardInterrupt


def test_they_end_with_an_owner_that_is_killed() -> None:
    command = _folding()
    os.kill(command.pid, signal.SIGKILL)
    command.communicate(timeout=_PATIENCE_S)  # reads until the last process that writes there has ended


@pytest.mark.parametrize("everybody", [True, False])
def test_an_interrupt_leaves_no_semaphore_behind(everybody: bool) -> None:
    """At a terminal the interrupt reaches every process, else only the first."""
    command = _folding()
    (os.killpg if everybody else os.kill)(command.pid, signal.SIGINT)
    _, said = command.communicate(timeout=_PATIENCE_S)
    assert said.count("Traceback") == 1, f"only the first process speaks: {said}"
    assert "leaked" not in said


def _folding() -> subprocess.Popen[str]:
    """Starts a process that folds for ten minutes, in a session of its own."""
    command = subprocess.Popen(
        [sys.executable, "-c", _FOLDING],
        cwd=_REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert command.stdout is not None
    assert command.stdout.readline() == "folding\n"
    return command
