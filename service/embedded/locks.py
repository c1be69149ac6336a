"""Kernel locks on files, which end with the process that holds them."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.embedded.account import Account


class LockFile:
    """One `flock`, shared by many processes or exclusive to one. A forked child holds it too, until both have closed
    it.
    """

    def __init__(self, path: Path, account: Account) -> None:
        self.path = path
        self._account = account
        self._fd: int | None = None

    @property
    def held(self) -> bool:
        return self._fd is not None

    def fileno(self) -> int:
        assert self._fd is not None
        return self._fd

    def share(self) -> None:
        """Takes the lock together with others; waits while one process holds it exclusively."""
        self._hold(fcntl.LOCK_SH)

    def take(self) -> None:
        """Takes the lock exclusively; waits until no other process holds it."""
        self._hold(fcntl.LOCK_EX)

    def try_take(self) -> bool:
        try:
            self._hold(fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def is_taken(self) -> bool:
        """Returns True if a process holds the lock exclusively now."""
        try:
            self._hold(fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        self.release()
        return False

    def release(self) -> None:
        # Closed, not unlocked: an unlock would also release the lock of a forked child or of an heir.
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    @contextmanager
    def taken(self) -> Iterator[None]:
        self.take()
        try:
            yield
        finally:
            self.release()

    def _hold(self, operation: int) -> None:
        assert self._fd is None, f"{self.path} is already held"
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._account.own(self.path)
            fcntl.flock(fd, operation)
        except BaseException:
            os.close(fd)
            raise
        self._fd = fd
