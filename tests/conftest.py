"""The fixtures that every test may ask for: databases, and data that is shared beside the repository."""

import itertools
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.embedded import EmbeddedPostgres
from tests.support.citus import VARIABLE, open_cluster
from tests.support.postgres import (
    DURABLE,
    QUICK,
    Server,
    clone,
    disk_folder,
    emptied,
    make_log,
    make_views,
    memory_folder,
    seal,
    throwaway_server,
)

pytest_plugins = ["tests.support.month", "tests.support.say"]
_numbers = itertools.count(1)


def pytest_configure() -> None:
    """A shell starts what runs in its background deaf to interrupts, and nohup what it runs deaf to hang-ups. The
    processes of tests would inherit that."""
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begins with the files that have slow tests, so that at the end no worker is left alone with one of them. On a
    cluster, skips the tests of one server."""
    if VARIABLE in os.environ:
        for item in items:
            if item.get_closest_marker("one_server"):
                item.add_marker(
                    pytest.mark.skip("changes rows past their guards or looks at locks, which each server has")
                )
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One quick server a session (and a worker of pytest-xdist), in memory where there is room; or the cluster that
    REDLEDGER_TEST_CITUS_URL names."""
    if address := os.environ.get(VARIABLE):
        with open_cluster(address) as cluster:
            yield cluster
        return
    with throwaway_server(QUICK, memory_folder()) as server:
        yield server


@pytest.fixture(scope="session")
def bare_template(postgres: Server) -> str:
    """The name of a database with the current schema and nothing else, to be cloned."""
    make_log(postgres, "bare")
    seal(postgres, "bare")
    return "bare"


@pytest.fixture(scope="session")
def template(postgres: Server, bare_template: str) -> str:
    """The name of a database with the current schema and the empty tables of all views, to be cloned: to make them
    takes longer than most tests."""
    make_views(clone(postgres, bare_template, "template"))
    seal(postgres, "template")
    return "template"


@pytest.fixture(scope="session")
def _shared_database(postgres: Server, template: str) -> Iterator[tuple[str, Callable[[], None]]]:
    with emptied(postgres, template, "shared") as shared:
        yield shared


@pytest.fixture
def database_url(_shared_database: tuple[str, Callable[[], None]]) -> str:
    """A database with the current schema and empty tables: the same one for every test, emptied before each."""
    url, empty = _shared_database
    empty()
    return url


@pytest.fixture
def fresh_database_url(postgres: Server, template: str) -> str:
    """A database of this test's own, for tests on concurrency, DDL, LISTEN and crashes."""
    return clone(postgres, template, f"fresh_{next(_numbers)}")


@pytest.fixture
def bare_database_url(postgres: Server, bare_template: str) -> str:
    """A database of this test's own in which no view was ever made."""
    return clone(postgres, bare_template, f"bare_{next(_numbers)}")


@pytest.fixture
def durable_postgres() -> Iterator[EmbeddedPostgres]:
    """A server of this test's own that keeps what it acknowledged: fsync on, on a disk."""
    with throwaway_server(DURABLE, disk_folder()) as server:
        yield server


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Finds a data set by name, as in `shared_data("olist/orders.csv.gz")`, or skips the test.

    The data sets lie in the folder `data` of REDLEDGER_SHARED, by default `../shared` beside the repository.
    """
    repository = Path(__file__).resolve().parent.parent
    root = Path(os.environ.get("REDLEDGER_SHARED", repository.parent / "shared"))

    def find(name: str) -> Path:
        path = root / "data" / name
        if not path.exists():
            pytest.skip(f"needs the data set {name}, which is not in {root}: REDLEDGER_SHARED says where it is")
        return path

    return find


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the number of random histories and their seed."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            if name == "reported":
                terminalreporter.write_line(str(value))
