"""A client's locks on a server's home, which decide who starts the server and when it stops.

The home holds three lock files. `gate` is held by a client that looks for a server or starts one. `clients` is shared
by all clients while they live. `supervisor` is held by the process that supervises the server (`supervisor.py`). It
waits for an exclusive lock on `clients`, which the kernel grants when the last client has ended in any way, and then
stops the server.
"""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from service.embedded.account import Account, environment
from service.embedded.cluster import clear_up
from service.embedded.errors import EmbeddedPostgresError
from service.embedded.locks import LockFile
from service.embedded.server_log import ServerLog

_SUPERVISOR = Path(__file__).with_name("supervisor.py")


class Hold:
    """The locks, the cluster and the log of one home, and the user of its server."""

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
        """Starts the supervisor, which starts the server. It inherits the lock that shows that it lives."""
        drop = (str(self.account.uid), str(self.account.gid)) if self.account.dropped else ("", "")
        arguments = [sys.executable, "-I", "-S", str(_SUPERVISOR), str(self.clients.path), *drop, *command]
        with self.supervisor.taken(), self.log.path.open("ab") as log:
            subprocess.run(
                arguments,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[self.supervisor.fileno()],
                check=False,  # the error is in the log, and the lock is free
            )

    def let_go(self, socket_dir: Path) -> None:
        """Releases the server. If no other client holds it, waits until it has stopped."""
        if not self.gate.try_take():  # another client is about to use the server, or waits for its end
            self.clients.release()
            return
        try:
            self.clients.release()
            if self._deserted():
                with self.supervisor.taken():  # waits for the end of the supervisor, which is the end of the server
                    clear_up(self.cluster)
                    if socket_dir != self.home:
                        with suppress(OSError):
                            socket_dir.rmdir()
        finally:
            self.gate.release()

    def _deserted(self) -> bool:
        """Returns True if no client is left: the file is free, or the supervisor holds it."""
        if self.clients.try_take():
            self.clients.release()
            return True
        return self.clients.is_taken()
