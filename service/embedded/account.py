"""Chooses the operating-system user of the server, because PostgreSQL refuses to run as root."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from service.embedded.errors import EmbeddedPostgresError


@dataclass(frozen=True)
class Account:
    """The server's user. `dropped`: this process is root and runs the server as this user."""

    name: str
    uid: int
    gid: int
    dropped: bool

    @classmethod
    def for_data_in(cls, home: Path) -> Self:
        """Returns the owner of the existing data, so that it does not matter who created it or who is root today."""
        if os.geteuid() != 0:
            return cls._of(_entry(os.geteuid()), dropped=False)
        if home.exists() and home.stat().st_uid != 0:
            return cls._of(_entry(home.stat().st_uid), dropped=True)
        for name in ("postgres", "nobody"):
            try:
                return cls._of(pwd.getpwnam(name), dropped=True)
            except KeyError:
                continue
        raise EmbeddedPostgresError(
            "PostgreSQL refuses to run as root and there is neither a user 'postgres' nor 'nobody' to run it as."
        )

    @classmethod
    def _of(cls, entry: pwd.struct_passwd, *, dropped: bool) -> Self:
        return cls(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid, dropped=dropped)

    def become(self) -> dict[str, Any]:
        """Returns the arguments with which `subprocess` runs a command as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.dropped else {}

    def own(self, path: Path) -> None:
        """Gives a file or folder that was just created to this user."""
        if self.dropped:
            os.chown(path, self.uid, self.gid)

    def reaches(self, folder: Path) -> bool:
        """Returns True if this user can enter the folder. The kernel is asked, because it knows the ACLs."""
        return not self.dropped or self.run(["/bin/sh", "-c", 'cd -P -- "$1"', "sh", str(folder)]).returncode == 0

    def run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Runs a command as this user, in a folder that every user can enter."""
        return subprocess.run(
            command,
            cwd="/",
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            **self.become(),
        )


def environment() -> dict[str, str]:
    """Returns the environment without variables that would change the server's behaviour."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return kept | {"LC_ALL": "C"}


def _entry(uid: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        raise EmbeddedPostgresError(
            f"PostgreSQL needs a user with a name, and user id {uid} has none in the system's list of users."
        ) from None
