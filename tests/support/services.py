"""The service as a process of its own, on a data folder of a test."""

from __future__ import annotations

import json
import os
import re
import signal
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.support.programs import Program

PATIENCE_S = 90.0
_ADDRESS = re.compile(r"answers on (http://\S+)")
_CODE = re.compile(r"/console/sign-in#(\S+)")


def until(holds: Callable[[], bool], *, what: str, patience_s: float = PATIENCE_S) -> None:
    """Return as soon as it holds; fail when it does not in that time."""
    give_up = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < give_up, f"waited {patience_s:g} s for {what}"
        time.sleep(0.01)


class Running:
    """A command on its way; what it says goes into files beside the folder, so that it never waits to be read."""

    def __init__(self, *arguments: str, folder: Path) -> None:
        name = f"{arguments[0]}-{time.monotonic_ns()}"
        self._out, self._err = folder.parent / f"{name}.out", folder.parent / f"{name}.err"
        command = ("service.cli.main", *arguments, "--data-dir", str(folder))
        self.process = Program(*command, out=self._out, err=self._err)

    @property
    def out(self) -> str:
        return self._out.read_text()

    @property
    def err(self) -> str:
        return self._err.read_text()

    def wait(self) -> int:
        """Waits for the end and returns the exit code."""
        return self.process.wait(PATIENCE_S)

    def end(self, how: signal.Signals) -> int:
        """Send the signal; how it ended."""
        with suppress(ProcessLookupError):
            self.process.send_signal(how)
        return self.wait()


class Service(Running):
    """`redledger up` on a free port."""

    def __init__(self, folder: Path, *arguments: str, patience_s: float = PATIENCE_S) -> None:
        super().__init__("up", "--port", "0", *arguments, folder=folder)
        self._folder, self._arguments = folder, arguments
        try:
            until(self._has_answer, what="the service to answer, or to end", patience_s=patience_s)
        except AssertionError:
            self.end(signal.SIGKILL)  # nobody else knows of it
            raise
        found = _ADDRESS.search(self.out)
        assert found, f"it ended with {self.process.returncode}: {self.err}"
        self.address = found[1]

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.request(path), timeout=PATIENCE_S) as answer:
            return json.loads(answer.read())

    def request(self, path: str) -> urllib.request.Request:
        """A request for this address, with a token."""
        return urllib.request.Request(self.address + path, headers={"Authorization": f"Bearer {self.token}"})

    @property
    def token(self) -> str:
        """A token of the first account, made at the first use and kept beside the folder: a code is exchanged once."""
        kept = self._folder.parent / f"{self._folder.name}.token"
        if not kept.exists():
            code = _CODE.search(self.out)
            kept.write_text(self._exchanged(code[1]) if code else self._created())
        return kept.read_text()

    def _exchanged(self, code: str) -> str:
        body, headers = json.dumps({"code": code}).encode(), {"Content-Type": "application/json"}
        exchange = urllib.request.Request(f"{self.address}/v1/tokens/exchange", data=body, headers=headers)
        with urllib.request.urlopen(exchange, timeout=PATIENCE_S) as answer:
            token: str = json.loads(answer.read())["data"]["token"]
        return token

    def _created(self) -> str:
        """A token made on the machine itself, for a ledger that was started before."""
        creating = Running("token", "create", "admin", "--by", "admin", *self._arguments, folder=self._folder)
        assert creating.wait() == 0, creating.err
        return creating.out.strip()

    @property
    def port(self) -> str:
        return self.address.rpartition(":")[2]

    @property
    def events(self) -> int:
        """Events recorded, over all books."""
        return sum(self.get("/v1/status")["data"]["books"].values())

    @property
    def database_pid(self) -> int:
        return int((self._folder / "postgres/cluster/postmaster.pid").read_text().split()[0])

    def _has_answer(self) -> bool:
        return self.process.returncode is not None or _ADDRESS.search(self.out) is not None


def is_alive(pid: int) -> bool:
    """Returns True if the process runs; a process that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not Path("/proc/self").exists()
