"""The server's log file, which is kept short and read when a start fails."""

from pathlib import Path

from service.embedded.account import Account

_KEPT_BYTES = 1_000_000


class ServerLog:
    """The log of PostgreSQL and its supervisor. One older file is kept beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def prepare(self, account: Account) -> int:
        """Sets a long log aside before a start. Returns the offset in bytes at which the new lines begin."""
        if self.size() > _KEPT_BYTES:
            self.path.replace(self.path.with_suffix(".old.log"))
        self.path.touch(mode=0o600)
        account.own(self.path)
        return self.size()

    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def tail(self, start: int, lines: int = 20) -> str:
        """Returns the last lines after `start`, an offset in bytes."""
        with self.path.open("rb") as log:
            log.seek(start)
            return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])
