"""Supervises one server and stops it when its last client has ended. A script that needs only Python's standard
library.

The launcher passes its lock on the supervisor's file to this process. While the lock is held, supervisor and server
live.
"""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import Any

_PR_SET_PDEATHSIG = 1


def supervise(clients_file: str, command: Sequence[str], become: dict[str, Any]) -> int:
    """Runs the server until it ends by itself or no process holds the clients file."""
    server = _start(command, become)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.send_signal(signal.SIGINT)

    def stop_when_deserted() -> None:
        fd = os.open(clients_file, os.O_RDWR)
        fcntl.flock(fd, fcntl.LOCK_EX)  # granted when the last client has ended, and held until the server has stopped
        server.send_signal(signal.SIGINT)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threading.Thread(target=stop_when_deserted, daemon=True).start()
    return server.wait()


def _start(command: Sequence[str], become: dict[str, Any]) -> subprocess.Popen[bytes]:
    supervisor = os.getpid()
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def follow_the_supervisor() -> None:
        # Set after the change of user, which clears it. The supervisor may have died before.
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
            if os.getppid() != supervisor:
                os._exit(1)
        # A shell that starts a background process may have set these signals to be ignored.
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    # Safe here, because this process has no other thread yet.
    return subprocess.Popen(command, cwd="/", preexec_fn=follow_the_supervisor, **become)


def main(clients_file: str, uid: str, gid: str, *command: str) -> None:
    if os.fork():
        os._exit(0)  # the supervisor has no parent process to wait for it, and no terminal
    os.setsid()
    become = {"user": int(uid), "group": int(gid), "extra_groups": []} if uid else {}
    os._exit(supervise(clients_file, command, become) & 0xFF)


if __name__ == "__main__":
    main(*sys.argv[1:])
