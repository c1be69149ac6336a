"""Places the server's files: its home in the data folder, a shelter if the home is out of reach, and the socket.

The data folder gets one entry, `postgres`: the server's home with the cluster, the locks and the log, which only the
server's user can open. If this process is root and the server's user cannot enter the data folder (for example below
`/root`), `postgres` is a symbolic link to a home in the shelter: `/var/lib/redledger/clusters/…`, or the same in
`/var/tmp/redledger` if that cannot be written. Permissions of existing folders are never changed.
"""

import hashlib
import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from service.embedded.account import Account
from service.embedded.errors import EmbeddedPostgresError

SHELTERS = (Path("/var/lib/redledger"), Path("/var/tmp/redledger"))

_SOCKET_NAME = ".s.PGSQL.5432"
_SOCKET_PATH_BYTES = 107 if sys.platform == "linux" else 103


def home_in(data_dir: Path, shelter: Path | None) -> Path:
    """Returns the server's home for this data folder, and creates it if necessary."""
    entry = data_dir / "postgres"
    if not entry.is_symlink() and not entry.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        account = Account.for_data_in(entry)
        if account.reaches(data_dir):
            with suppress(FileExistsError):
                _make_private(entry, account)
        else:
            _make_sheltered(entry, account, shelter)
    home = entry.resolve()
    if not home.is_dir():
        raise EmbeddedPostgresError(f"{entry} points to {home}, which is not a folder.")
    if home.stat().st_uid == 0:  # its creator died before it changed the owner
        Account.for_data_in(home).own(home)
    return home


def shelter_folder(name: str, account: Account, shelter: Path | None) -> Path:
    """Returns the folder `name` of the shelter, which only root can write and the server's user can enter."""
    for root in (shelter,) if shelter else SHELTERS:
        try:
            for folder in (root, root / name):
                folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError:
            continue
        if all(_only_root_writes(folder) for folder in (root, root / name)) and account.reaches(root / name):
            return root / name
    tried = " or ".join(str(root) for root in ((shelter,) if shelter else SHELTERS))
    raise EmbeddedPostgresError(
        f"The server runs as '{account.name}', who cannot enter the folder it needs, and {tried} cannot be used."
    )


def socket_folder(home: Path, account: Account) -> Path:
    """Returns the folder of the server's socket: its home, or a folder with a short path in the user's
    runtime folder.
    """
    if _fits(home):
        return home
    name = f"redledger-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"
    for runtime in _runtime_folders(account):
        folder = runtime / name
        if runtime.is_dir() and os.access(runtime, os.W_OK) and account.reaches(runtime) and _fits(folder):
            with suppress(FileExistsError):
                _make_private(folder, account)
            _refuse_foreign(folder, account)
            return folder
    raise EmbeddedPostgresError(f"No folder with a path short enough for the socket of {home} can be written.")


def socket_path(folder: Path) -> Path:
    return folder / _SOCKET_NAME


def _make_sheltered(entry: Path, account: Account, shelter: Path | None) -> None:
    # A new name each time: a data folder that was deleted and created again must not find its old data.
    home = Path(tempfile.mkdtemp(prefix="", dir=shelter_folder("clusters", account, shelter)))
    account.own(home)
    try:
        entry.symlink_to(home)
    except FileExistsError:
        home.rmdir()


def _make_private(folder: Path, account: Account) -> None:
    folder.mkdir(mode=0o700)
    account.own(folder)


def _only_root_writes(folder: Path) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == 0 and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _refuse_foreign(folder: Path, account: Account) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or stat.S_IMODE(found.st_mode) != 0o700:
        raise EmbeddedPostgresError(f"{folder} should be a folder of '{account.name}' that nobody else can enter.")


def _runtime_folders(account: Account) -> list[Path]:
    if account.dropped:
        return [Path("/run"), Path("/var/run"), Path("/tmp")]
    named = os.environ.get("XDG_RUNTIME_DIR")
    return [
        *([Path(named)] if named else []),
        Path(f"/run/user/{account.uid}"),
        Path(tempfile.gettempdir()),
        Path("/tmp"),
    ]


def _fits(folder: Path) -> bool:
    # libpq reads a comma in `host` as the end of one host name.
    return len(os.fsencode(socket_path(folder))) <= _SOCKET_PATH_BYTES and "," not in str(folder)
