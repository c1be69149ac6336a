"""Stands over one server and stops it when its last client is gone; a script that needs nothing but Python itself.

The launcher hands down its lock on the supervisor's file: while that is held, there is a supervisor and so a server.
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
    """Run the server until it ends by itself, or until nobody holds the clients file any more."""
    server = _start(command, become)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.send_signal(signal.SIGINT)

    def stop_when_deserted() -> None:
        fd = os.open(clients_file, os.O_RDWR)
        fcntl.flock(fd, fcntl.LOCK_EX)  # granted when the last client is gone, and kept until the server is
        server.send_signal(signal.SIGINT)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threading.Thread(target=stop_when_deserted, daemon=True).start()
    return server.wait()


def _start(command: Sequence[str], become: dict[str, Any]) -> subprocess.Popen[bytes]:
    supervisor = os.getpid()
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def follow_the_supervisor() -> None:
        # Set after the user has changed, which clears it; and the supervisor may have died before it was set.
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
            if os.getppid() != supervisor:
                os._exit(1)
        # A shell that starts something in the background lets it ignore these.
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    # Safe here: this process has no other thread yet.
    return subprocess.Popen(command, cwd="/", preexec_fn=follow_the_supervisor, **become)


def main(clients_file: str, uid: str, gid: str, *command: str) -> None:
    if os.fork():
        os._exit(0)  # the supervisor is nobody's child: no launcher has to wait for it, no terminal reaches it
    os.setsid()
    become = {"user": int(uid), "group": int(gid), "extra_groups": []} if uid else {}
    os._exit(supervise(clients_file, command, become) & 0xFF)


if __name__ == "__main__":
    main(*sys.argv[1:])
