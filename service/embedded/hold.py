"""A client's hold on the home of a server: the locks that decide who starts it and when it stops.

The home holds three lock files. `gate` is taken by whoever looks for or starts a server. `clients` is shared by every
client for as long as it lives. `supervisor` is held by the process that stands over the server (`supervisor.py`), which
waits to take `clients` for itself: the kernel grants that the moment the last client is gone, however it died, and the
server is stopped.
"""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from service.embedded import supervisor
from service.embedded.account import Account, environment
from service.embedded.cluster import clear_up
from service.embedded.errors import EmbeddedPostgresError
from service.embedded.locks import LockFile
from service.embedded.server_log import ServerLog


class Hold:
    """The locks, the cluster and the log of one home, and the account that its server runs as."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.cluster = home / "cluster"
        self.log = ServerLog(home / "postgres.log")
        self.account = Account.for_data_in(home)
        self.gate = LockFile(home / "gate", self.account)
        self.clients = LockFile(home / "clients", self.account)
        self.supervisor = LockFile(home / "supervisor", self.account)

    def check_reach(self) -> None:
        if not self.account.reaches(self.home):
            raise EmbeddedPostgresError(
                f"The server runs as '{self.account.name}', who cannot enter {self.home}: a folder above it is closed."
            )

    def spawn(self, command: list[str]) -> None:
        """Start the supervisor, which starts the server; it inherits the lock that says that it lives."""
        assert supervisor.__file__ is not None
        drop = (str(self.account.uid), str(self.account.gid)) if self.account.dropped else ("", "")
        arguments = [sys.executable, "-I", "-S", supervisor.__file__, str(self.clients.path), *drop, *command]
        with self.supervisor.taken(), self.log.path.open("ab") as log:
            subprocess.run(
                arguments,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[self.supervisor.fileno()],
                check=False,  # what went wrong is in the log, and nothing holds the lock
            )

    def let_go(self, socket_dir: Path) -> None:
        """Release the server, and wait until it has stopped if nobody else holds it."""
        if not self.gate.try_take():  # somebody is about to use the server, or waits for its end
            self.clients.release()
            return
        try:
            self.clients.release()
            if self._deserted():
                with self.supervisor.taken():  # waits for the supervisor's end, which is the server's
                    clear_up(self.cluster)
                    if socket_dir != self.home:
                        with suppress(OSError):
                            socket_dir.rmdir()
        finally:
            self.gate.release()

    def _deserted(self) -> bool:
        """Whether no client is left: the file is free, or the supervisor has it already."""
        if self.clients.try_take():
            self.clients.release()
            return True
        return self.clients.is_taken()
