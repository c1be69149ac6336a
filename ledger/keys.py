"""Keys of personal data in a file outside the log: one line a subject, readable by its owner only."""

from __future__ import annotations

import fcntl
import json
import os
import stat
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

_KEY_BYTES = 32  # AES-256


class KeyFileUnusable(Exception):
    """The key file cannot be read or written, or is not safe. The text says why."""


class FileKeyStore:
    """A `KeyStore` in a file of JSON lines. Threads and processes may share it.

    A writer locks the file and first reads the lines of other writers. A new key is on disk before it is returned.
    Every method raises `KeyFileUnusable`.
    """

    def __init__(self, path: Path) -> None:
        self._path = Path(path)
        self._keys: dict[str, bytes] = {}
        self._seen = (0, 0)  # inode of the file, and the bytes of it that were read
        self._lock = RLock()
        with self._lock, self._file_locked():
            pass

    def obtain(self, subject: str) -> bytes:
        """Returns the subject's 32-byte key. Creates it on first use."""
        with self._lock:
            self.obtain_many([subject])
            return self._keys[subject]

    def obtain_many(self, subjects: Sequence[str]) -> None:
        """Creates the missing keys of these subjects, with one flush for all."""
        with self._lock:
            if self._is_stale() or any(subject not in self._keys for subject in subjects):
                with self._file_locked() as file:
                    self._append(file, sorted(set(subjects) - self._keys.keys()))

    def find(self, subject: str) -> bytes | None:
        """Returns the subject's key, or None if it was never created or is destroyed."""
        with self._lock:
            if self._is_stale():
                with self._file_locked():
                    pass
            return self._keys.get(subject)

    def destroy(self, subject: str) -> None:
        """Destroys the subject's key. Nobody can read its sealed values again. Other processes see the change."""
        with self._lock, self._file_locked():
            if self._keys.pop(subject, None) is not None:
                self._replace()

    def _is_stale(self) -> bool:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            raise KeyFileUnusable(f"The key file {self._path} is missing. Restore it from a backup.") from None
        return (status.st_ino, status.st_size) != self._seen

    @contextmanager
    def _file_locked(self) -> Iterator[int]:
        """Yields the file's descriptor, open for appending, after all lines of other writers are read.

        The lock is a separate file, because `destroy` replaces the key file.
        """
        with _opened(self._path.with_name(f"{self._path.name}.lock")) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with _opened(self._path) as file:
                self._catch_up(file)
                yield file

    def _catch_up(self, file: int) -> None:
        status = os.fstat(file)
        inode, length = self._seen
        if inode != status.st_ino:
            self._keys, length = {}, 0
        added = os.pread(file, status.st_size - length, length)
        whole = added.rpartition(b"\n")[0] + b"\n" if b"\n" in added else b""
        for line in whole.splitlines():
            self._keys |= _read_line(line, self._path)
        if len(whole) < len(added):  # a writer died within a line; its key was never returned
            os.ftruncate(file, length + len(whole))
        self._seen = (status.st_ino, length + len(whole))

    def _append(self, file: int, subjects: Iterable[str]) -> None:
        new = {subject: os.urandom(_KEY_BYTES) for subject in subjects}
        if new:
            _write_durably(file, new, self._path)
            self._keys |= new
            self._seen = (os.fstat(file).st_ino, os.fstat(file).st_size)

    def _replace(self) -> None:
        successor = self._path.with_name(f"{self._path.name}.new")
        successor.unlink(missing_ok=True)
        with _opened(successor) as file:
            _write_durably(file, self._keys, successor)
            self._seen = (os.fstat(file).st_ino, os.fstat(file).st_size)
        successor.replace(self._path)
        _sync_folder(self._path.parent)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise KeyFileUnusable(f"The key file {path} cannot be opened: {error.strerror}.") from None
    try:
        if mode := stat.S_IMODE(os.fstat(file).st_mode) & 0o077:
            raise KeyFileUnusable(
                f"The key file {path} can be read by other users (mode {mode | 0o600:04o}). Run chmod 600 on it."
            )
        yield file
    finally:
        os.close(file)


def _write_durably(file: int, keys: dict[str, bytes], path: Path) -> None:
    lines = "".join(
        json.dumps({"key": b64encode(key).decode(), "subject": subject}) + "\n" for subject, key in keys.items()
    )
    left = memoryview(lines.encode())
    try:
        while left:
            left = left[os.write(file, left) :]
        os.fsync(file)
    except OSError as error:  # the next writer removes a line that was cut off
        raise KeyFileUnusable(f"The key file {path} cannot be written: {error.strerror or error}.") from error


def _read_line(line: bytes, path: Path) -> dict[str, bytes]:
    try:
        record = json.loads(line)
        return {record["subject"]: b64decode(record["key"], validate=True)}
    except (ValueError, KeyError, TypeError):
        raise KeyFileUnusable(
            f"The key file {path} holds a line that is not a key. Restore it from a backup."
        ) from None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
