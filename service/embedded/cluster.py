"""The cluster's folder: creates it whole or not at all, reads its pid file, clears up after a server that died."""

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

# The same in the compose file: text sorts by code point, by the same rules on every machine.
_INITDB = (
    f"--username={SUPERUSER}",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--data-checksums",
    "--auth-local=trust",  # the socket's folder is closed to everybody else
    "--auth-host=reject",
)
_NO_SUCH_PID = 2**31 - 1


@dataclass(frozen=True)
class Postmaster:
    """What the server says about itself in `postmaster.pid`."""

    pid: int
    socket_dir: Path
    status: str

    def answers(self) -> bool:
        """Whether it is ready, by its own word and because somebody listens at its socket."""
        if self.status != "ready":
            return False
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(socket_path(self.socket_dir)))
            except OSError:
                return False
        return True


def read_postmaster(cluster: Path) -> Postmaster | None:
    """The pid file's word, to be believed only while the server is known to live; None when there is none yet."""
    try:
        lines = _pid_file(cluster).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        return Postmaster(int(lines[0]), Path(lines[4]), lines[7].strip())
    except (FileNotFoundError, IndexError, ValueError):
        return None


def create_cluster(cluster: Path, binaries: Binaries, account: Account, *, sync: bool) -> None:
    """Create the cluster under a temporary name and rename it when whole; a whole one is left as it is."""
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
    """Wait until no process of an unsupervised server works in the cluster, then make its pid file harmless."""
    postmaster = _pid_in_file(cluster)
    asked: set[int] = set()
    while left := set(postgres_processes(cluster, postmaster)):
        # Children of a live server are its own business; those of a dead one would hold its shared memory for ever.
        orders = {postmaster: signal.SIGINT} if postmaster in left else dict.fromkeys(left, signal.SIGQUIT)
        for pid, order in orders.items():
            if pid is not None and pid not in asked:
                with suppress(ProcessLookupError):
                    os.kill(pid, order)
                asked.add(pid)
        time.sleep(POLL_S)
    if _pid_file(cluster).exists():  # a server that had time to stop has removed it
        _disown_pid_file(cluster)


def _disown_pid_file(cluster: Path) -> None:
    """Name a process that cannot exist: the number may be another program's by now, and no server would start.

    The file is not deleted, because its line about shared memory is how the server notices survivors of the old one.
    """
    lines = _pid_file(cluster).read_text(encoding="utf-8", errors="surrogateescape").splitlines(keepends=True)
    text = "".join([f"{_NO_SUCH_PID}\n", *lines[1:7]])
    _pid_file(cluster).write_text(text, encoding="utf-8", errors="surrogateescape")


def _pid_in_file(cluster: Path) -> int | None:
    try:
        return int(_pid_file(cluster).read_text(encoding="utf-8", errors="surrogateescape").splitlines()[0])
    except FileNotFoundError:
        return None
    except (IndexError, ValueError):  # half-written by a server that died while writing it: it never got to work
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
