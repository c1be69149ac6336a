"""Other processes that use an embedded server, and ways to wait for what becomes of them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from tests.support.postgres import QUICK

REPOSITORY = Path(__file__).resolve().parents[3]

_CLIENT = """
import sys
from pathlib import Path
from service.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), settings=dict(pair.split("=") for pair in sys.argv[2:])).start()
print(server.pid, flush=True)
sys.stdin.read()
"""


class Client:
    """A process that starts or joins the server and holds it until it is asked to leave, or killed."""

    def __init__(self, data: Path) -> None:
        settings = [f"{name}={value}" for name, value in QUICK.items()]
        self.process = subprocess.Popen(
            [sys.executable, "-c", _CLIENT, str(data), *settings],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def server_pid(self) -> int:
        """The server's process id; waits until it is up."""
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())

    def die_of(self, signal: int) -> None:
        self.process.send_signal(signal)
        self.process.wait(timeout=20)


def until(condition: Callable[[], bool], within_s: float = 20) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"still not so after {within_s} s"
        time.sleep(0.005)


def lives(pid: int) -> bool:
    """Returns True if the process runs. On Linux, a zombie does not count."""
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat")
        return sys.platform != "linux" or stat.read_text(encoding="utf-8").rpartition(") ")[2][0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
