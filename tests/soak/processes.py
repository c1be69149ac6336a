"""Processes that are killed and started again with the same arguments and files."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

from tests.support.programs import Program
from tests.support.services import PATIENCE_S, until


class Process:
    """One program of Python. What it says goes into files, one pair for each start.

    `is_ready` says when it works, and is asked after each start.
    """

    def __init__(
        self, name: str, *arguments: str, folder: Path, token: str = "", is_ready: Callable[[], bool] | None = None
    ) -> None:
        self.name, self._arguments, self._folder = name, arguments, folder
        self._token = token
        self._is_ready = is_ready
        self.starts = 0
        self._running: Program | None = None

    def start(self) -> None:
        """Starts it, without waiting until it is ready."""
        self.starts += 1
        out, err = (self._folder / f"{self.name}-{self.starts}.{end}" for end in ("out", "err"))
        self._running = Program(*self._arguments, out=out, err=err, SOAK_TOKEN=self._token)

    def wait_until_ready(self) -> None:
        """Returns when it works. Fails if it has ended."""
        if self._is_ready is not None:
            until(lambda: self._is_ready() or self.has_ended, what=f"{self.name} to work")  # type: ignore[misc]
        assert not self.has_ended, f"{self.name} has ended: {self.says}"

    def kill(self) -> None:
        """Kills it, so that it can do nothing more."""
        assert self._running is not None
        self._running.send_signal(signal.SIGKILL)
        self._running.wait(PATIENCE_S)

    @property
    def has_ended(self) -> bool:
        return self._running is None or self._running.returncode is not None

    @property
    def exit_code(self) -> int | None:
        return self._running.returncode if self._running else None

    @property
    def says(self) -> str:
        """Its errors since its last start."""
        return (self._folder / f"{self.name}-{self.starts}.err").read_text()[-2_000:]
