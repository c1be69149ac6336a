"""Programs of this repository as processes of their own, forked from a process that has imported them.

The imports of a service take as long as most tests. They are made once for a run of tests, and not for each process:
no module connects, reads the environment or starts a thread when it is imported, so that a fork of them is a program
that has just been started.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
from collections.abc import Mapping
from multiprocessing import current_process, get_context
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parent.parent.parent
FORKS = get_context("forkserver")  # also of pools of processes
FORKS.set_forkserver_preload([__name__, "service.cli.main", "service.running_service"])


class Program:
    """A module that runs as `python -m` runs it, without the settings of the machine; its output goes into files."""

    def __init__(self, *command: str, out: Path, err: Path, **environment: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("REDLEDGER_")}
        for file in (out, err):
            file.write_bytes(b"")
        # A daemon, so that the end of the tests ends one that a failed test left behind.
        self._process = FORKS.Process(target=_run, args=(command, out, err, clean | environment), daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        pid = self._process.pid
        assert pid is not None
        return pid

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout_s: float) -> int:
        """Waits for the end and returns the exit code."""
        self._process.join(timeout_s)
        assert self.returncode is not None, f"process {self.pid} has not ended in {timeout_s:g} s"
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        """Sends the signal, if the process has not ended."""
        if self.returncode is None:
            os.kill(self.pid, number)


def _run(command: tuple[str, ...], out: Path, err: Path, environment: Mapping[str, str]) -> None:
    for file, descriptor in ((out, 1), (err, 2)):
        with file.open("ab") as opened:
            os.dup2(opened.fileno(), descriptor)
    os.chdir(_REPOSITORY)
    os.environ.clear()
    os.environ.update(environment)
    current_process().daemon = False  # a daemon may start no processes
    module, *arguments = command
    sys.argv[1:] = arguments
    sys.modules.pop(module, None)  # it is not imported but run
    runpy.run_module(module, run_name="__main__", alter_sys=True)
