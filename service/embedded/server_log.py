"""The server's log file: kept short, and read when a start fails."""

from pathlib import Path

from service.embedded.account import Account

_KEPT_BYTES = 1_000_000


class ServerLog:
    """What PostgreSQL and its supervisor wrote; one older file is kept beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def prepare(self, account: Account) -> int:
        """Put a long log aside before a start; the place where the new one's lines will begin."""
        if self.size() > _KEPT_BYTES:
            self.path.replace(self.path.with_suffix(".old.log"))
        self.path.touch(mode=0o600)
        account.own(self.path)
        return self.size()

    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def tail(self, start: int, lines: int = 20) -> str:
        """The last lines after `start`, a place in bytes."""
        with self.path.open("rb") as log:
            log.seek(start)
            return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])
