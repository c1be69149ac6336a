"""Watches a server in a thread, and starts it again whenever it has ended."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from threading import Event, Thread
from time import monotonic
from types import TracebackType
from typing import Self

from service.embedded.errors import EmbeddedPostgresError, ServerLost
from service.embedded.launcher import EmbeddedPostgres

_LOOK_EVERY_S = 0.2  # one check tries one file lock
PAUSES_S = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)  # before each of the attempts

_logger = logging.getLogger(__name__)


class Watch:
    """Keeps a started server running until the block ends.

    Each attempt waits for the end of recovery. `pauses_s` are the pauses in seconds before consecutive attempts; after
    the last attempt the server is lost, and `check` raises. Nothing else uses its `EmbeddedPostgres` meanwhile.
    """

    def __init__(self, server: EmbeddedPostgres, *, pauses_s: Sequence[float] = PAUSES_S) -> None:
        self._server = server
        self._pauses_s = pauses_s
        self._stop = Event()
        self._error: Exception | None = None
        self._thread = Thread(target=self._run, name="database watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def is_over(self) -> bool:
        """Returns True if the server is lost and no further attempt is made."""
        return self._error is not None

    def check(self) -> None:
        """Raises `ServerLost` if the server ended and could not be started again."""
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            while not self._stop.wait(_LOOK_EVERY_S):
                if self._server.has_ended():
                    self._start_again()
        except Exception as error:  # `check` raises it in the thread that runs the service
            self._error = error

    def _start_again(self) -> None:
        ended_at = monotonic()
        failures: list[EmbeddedPostgresError] = []
        _logger.warning("the database server of %s has ended: it is started again", self._server.data_dir)
        for pause_s in self._pauses_s:
            if self._stop.wait(pause_s):
                return
            try:
                if self._server.start_again(self._stop):
                    _logger.warning("the database server answers again, %.1f s later", monotonic() - ended_at)
                return
            except EmbeddedPostgresError as error:
                failures.append(error)
                _logger.warning("attempt %d of %d failed: %s", len(failures), len(self._pauses_s), error)
        raise ServerLost(self._server.data_dir, failures)
