"""Manages the cluster's folder: creates it completely or not at all, reads its pid file, and cleans up after a server
that died.
"""

import os
import shutil
import signal
import socket
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from service.embedded.account import Account
from service.embedded.binaries import Binaries
from service.embedded.errors import EmbeddedPostgresError
from service.embedded.place import socket_path
from service.embedded.processes import postgres_processes

SUPERUSER = "redledger"
POLL_S = 0.01

# As in the compose file: text sorts by code point, in the same way on every machine.
_INITDB = (
    f"--username={SUPERUSER}",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--data-checksums",
    "--auth-local=trust",  # the socket's folder is closed to other users
    "--auth-host=reject",
)
_NO_SUCH_PID = 2**31 - 1


@dataclass(frozen=True)
class Postmaster:
    """The server's entries in `postmaster.pid`."""

    pid: int
    socket_dir: Path
    status: str

    def answers(self) -> bool:
        """Returns True if the server reports itself ready and accepts connections at its socket."""
        if self.status != "ready":
            return False
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(socket_path(self.socket_dir)))
            except OSError:
                return False
        return True


def read_postmaster(cluster: Path) -> Postmaster | None:
    """Returns the content of the pid file, valid only while the server is known to live; None if there is
    no file yet.
    """
    try:
        lines = _pid_file(cluster).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        return Postmaster(int(lines[0]), Path(lines[4]), lines[7].strip())
    except (FileNotFoundError, IndexError, ValueError):
        return None


def create_cluster(cluster: Path, binaries: Binaries, account: Account, *, sync: bool) -> None:
    """Creates the cluster under a temporary name and renames it when it is complete. A complete cluster
    stays as it is.
    """
    for leftover in cluster.parent.glob(f"{cluster.name}.*"):
        shutil.rmtree(leftover, ignore_errors=True)
    if cluster.exists():
        _check_version(cluster, binaries)
        return
    unfinished = Path(tempfile.mkdtemp(prefix=f"{cluster.name}.", dir=cluster.parent))
    account.own(unfinished)
    flags = [] if sync else ["--no-sync"]
    made = account.run([str(binaries.bin_dir / "initdb"), f"--pgdata={unfinished}", *_INITDB, *flags])
    if made.returncode != 0:
        raise EmbeddedPostgresError(
            f"PostgreSQL could not create its files in {cluster.parent}; it said:\n{made.stdout}"
        )
    unfinished.rename(cluster)
    if sync:
        _sync_folder(cluster.parent)


def clear_up(cluster: Path) -> None:
    """Waits until no process of an unsupervised server works in the cluster, then makes its pid file harmless."""
    postmaster = _pid_in_file(cluster)
    asked: set[int] = set()
    while left := set(postgres_processes(cluster, postmaster)):
        # Children of a live server are left alone; those of a dead one would hold its shared memory for ever.
        orders = {postmaster: signal.SIGINT} if postmaster in left else dict.fromkeys(left, signal.SIGQUIT)
        for pid, order in orders.items():
            if pid is not None and pid not in asked:
                with suppress(ProcessLookupError):
                    os.kill(pid, order)
                asked.add(pid)
        time.sleep(POLL_S)
    if _pid_file(cluster).exists():  # a server that stopped normally has removed it
        _disown_pid_file(cluster)


def _disown_pid_file(cluster: Path) -> None:
    """Writes the id of an impossible process into the pid file: the old id may belong to another program now, and no
    server would start.

    The file is kept, because its line about shared memory shows a new server the survivors of the old one.
    """
    lines = _pid_file(cluster).read_text(encoding="utf-8", errors="surrogateescape").splitlines(keepends=True)
    text = "".join([f"{_NO_SUCH_PID}\n", *lines[1:7]])
    _pid_file(cluster).write_text(text, encoding="utf-8", errors="surrogateescape")


def _pid_in_file(cluster: Path) -> int | None:
    try:
        return int(_pid_file(cluster).read_text(encoding="utf-8", errors="surrogateescape").splitlines()[0])
    except FileNotFoundError:
        return None
    # Incomplete, from a server that died while it wrote the file, before it did any work.
    except (IndexError, ValueError):
        _pid_file(cluster).unlink()
        return None


def _pid_file(cluster: Path) -> Path:
    return cluster / "postmaster.pid"


def _check_version(cluster: Path, binaries: Binaries) -> None:
    made_by = (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    if made_by != str(binaries.major):
        raise EmbeddedPostgresError(
            f"The data in {cluster} was made by PostgreSQL {made_by} and the programs in {binaries.bin_dir} are "
            f"PostgreSQL {binaries.major}: dump it with the old programs and restore it with the new."
        )


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
