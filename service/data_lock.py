"""Locks a data folder, so that only one service runs on it. The lock ends with its process and shows the address of the
service.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.failures import ServiceFailure


@contextmanager
def only_service(data_dir: Path, address: str) -> Iterator[None]:
    """Holds the folder for the service at `address`. Raises `ServiceFailure` if another service holds it.

    This lock is not one of the embedded server's locks: command-line programs may share the folder with the service,
    but a second service may not.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        file = os.open(data_dir / "service.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise ServiceFailure(f"The data folder {data_dir} cannot be used: {error.strerror}.") from None
    try:
        _take(file, data_dir)
        os.ftruncate(file, 0)
        os.pwrite(file, f"process {os.getpid()}, {address}".encode(), 0)
        yield
    finally:
        os.close(file)


def _take(file: int, data_dir: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(file, 200, 0).decode(errors="replace") or "another process"
        raise ServiceFailure(f"A service already runs on {data_dir.resolve()} ({holder}).") from None
