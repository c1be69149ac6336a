"""One service a data folder: a lock that ends with the process that holds it, and says where that one listens."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.failures import ServiceFailure


@contextmanager
def only_service(data_dir: Path, address: str) -> Iterator[None]:
    """Hold the folder for a service at `address`. Raises `ServiceFailure` where another one holds it.

    The embedded server's own locks are shared: a command line beside the service is welcome, a second service is not.
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
