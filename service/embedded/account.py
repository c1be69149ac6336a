"""Which operating-system user the server runs as: PostgreSQL refuses to be root."""

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
    """The server's user. `dropped` says that we are root and have to become this user first."""

    name: str
    uid: int
    gid: int
    dropped: bool

    @classmethod
    def for_data_in(cls, home: Path) -> Self:
        """The owner of the data where there is one, so that it never matters who created it and who is root today."""
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
        """What `subprocess` needs to run a command as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.dropped else {}

    def own(self, path: Path) -> None:
        """Give a file or folder that we have just made to this user."""
        if self.dropped:
            os.chown(path, self.uid, self.gid)

    def reaches(self, folder: Path) -> bool:
        """Whether this user can enter the folder; asked of the kernel, which also knows about ACLs."""
        return not self.dropped or self.run(["/bin/sh", "-c", 'cd -P -- "$1"', "sh", str(folder)]).returncode == 0

    def run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a command as this user, from a folder that everybody can enter."""
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
    """Our environment without what would change the server's behaviour from one machine to the next."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return kept | {"LC_ALL": "C"}


def _entry(uid: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        raise EmbeddedPostgresError(
            f"PostgreSQL needs a user with a name, and user id {uid} has none in the system's list of users."
        ) from None
