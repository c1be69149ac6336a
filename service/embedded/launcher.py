"""Starts PostgreSQL on a data folder, or joins the server that already runs there. The last client stops it."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg2
from psycopg2 import errors, sql
from psycopg2.extensions import make_dsn

from service.embedded.account import Account
from service.embedded.binaries import Binaries, find_binaries
from service.embedded.cluster import POLL_S, SUPERUSER, Postmaster, clear_up, create_cluster, read_postmaster
from service.embedded.errors import EmbeddedPostgresError
from service.embedded.hold import Hold
from service.embedded.place import home_in, socket_folder

_NEWS_EVERY_S = 5.0
_ALWAYS = {"listen_addresses": "", "unix_socket_permissions": "0700", "timezone": "UTC", "log_timezone": "UTC"}

_NEVER = Event()  # never set: a first start waits until the end

_logger = logging.getLogger(__name__)


class EmbeddedPostgres:
    """A client's hold on the server of a data folder.

    `settings` are PostgreSQL settings; a client that joins a running server gets that server's settings. `bin_dir` is
    the folder of PostgreSQL's programs; by default they are searched. `shelter` is where root puts files that the
    server's user could not reach in their place. Starting waits for the end of recovery; `clock` only times the
    progress messages.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        bin_dir: Path | None = None,
        settings: Mapping[str, str] | None = None,
        shelter: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.data_dir = Path(data_dir).absolute()
        self._asked_bin_dir = bin_dir
        self._settings = dict(settings or {})
        self._shelter = shelter
        self._clock = clock
        self._hold: Hold | None = None
        self._postmaster: Postmaster | None = None
        self._binaries: Binaries | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Joins the server or starts it. Raises `EmbeddedPostgresError` with the reason if neither works."""
        if self._hold is not None:
            return self
        with _plainly(self.data_dir):
            hold = Hold(home_in(self.data_dir, self._shelter))
            with hold.gate.taken():
                hold.clients.share()  # waits for a server that is stopping
                try:
                    self._postmaster = self._join(hold, _NEVER) or self._launch(hold, _NEVER)
                except BaseException:
                    hold.clients.release()
                    raise
            self._hold = hold
        return self

    def has_ended(self) -> bool:
        """Returns True if the server has ended or is about to: no supervisor is left."""
        assert self._hold is not None, "there is no server that could have ended"
        try:
            return not self._hold.supervisor.is_taken()
        except FileNotFoundError:  # the server's home is deleted, so that it will end soon
            return True
        except OSError as error:  # for example too many open files, which says nothing about the server
            _logger.warning("the database server of %s cannot be looked at: %s", self.data_dir, error)
            return False

    def start_again(self, stop: Event) -> bool:
        """Starts the server again after it ended under this client, or joins one that another client has started.

        Returns False if `stop` was set before the server answered. Raises `EmbeddedPostgresError`. The address stays
        the same. Never creates a cluster: if the data are gone, an empty server must not stand for the ledger.
        """
        hold = self._hold
        assert hold is not None, "there is no server to start again"
        with _plainly(self.data_dir), hold.gate.taken():
            if not hold.cluster.exists():
                raise EmbeddedPostgresError(f"The data of the server are gone: {hold.cluster} is not there.")
            found = self._join(hold, stop) or (None if stop.is_set() else self._launch(hold, stop))
        self._postmaster = found or self._postmaster
        return found is not None

    def stop(self) -> None:
        """Releases the server. If no other client holds it, returns after it has stopped."""
        if self._hold is not None:
            with _plainly(self.data_dir):
                self._hold.let_go(self.socket_dir)
            self._hold = self._postmaster = None

    def url(self, database: str) -> str:
        """Returns the SQLAlchemy address of this database, which is created if it does not exist."""
        self._ensure(database)
        return f"postgresql+psycopg2://{SUPERUSER}@/{quote(database, safe='')}?host={quote(str(self.socket_dir))}"

    def dsn(self, database: str) -> str:
        """Returns the psycopg2 address of this database, which is created if it does not exist."""
        self._ensure(database)
        return self._dsn(database)

    @property
    def socket_dir(self) -> Path:
        return self._running().socket_dir

    @property
    def pid(self) -> int:
        return self._running().pid

    @property
    def bin_dir(self) -> Path:
        """Returns the folder of PostgreSQL's programs, where the server's user can run them."""
        with _plainly(self.data_dir):
            return self._find(Account.for_data_in(home_in(self.data_dir, self._shelter))).bin_dir

    def _running(self) -> Postmaster:
        if self._postmaster is None:
            raise EmbeddedPostgresError(f"The embedded server of {self.data_dir} has not been started.")
        return self._postmaster

    def _find(self, account: Account) -> Binaries:
        if self._binaries is None:
            self._binaries = find_binaries(self._asked_bin_dir, account, self._shelter)
        return self._binaries

    def _join(self, hold: Hold, stop: Event) -> Postmaster | None:
        return self._wait_until_ready(hold, hold.log.size(), stop) if hold.supervisor.is_taken() else None

    def _launch(self, hold: Hold, stop: Event) -> Postmaster | None:
        hold.check_reach()
        binaries = self._find(hold.account)
        clear_up(hold.cluster)
        create_cluster(hold.cluster, binaries, hold.account, sync=self._settings.get("fsync") != "off")
        log_start = hold.log.prepare(hold.account)
        hold.spawn(self._command(hold, binaries))
        postmaster = self._wait_until_ready(hold, log_start, stop)
        if postmaster is None and not stop.is_set():
            raise EmbeddedPostgresError(
                f"PostgreSQL did not start in {hold.home}; its log ends:\n{hold.log.tail(log_start)}"
            )
        return postmaster

    def _command(self, hold: Hold, binaries: Binaries) -> list[str]:
        # A list of folders in PostgreSQL's quoting, because the path may contain spaces.
        sockets = '"' + str(socket_folder(hold.home, hold.account)).replace('"', '""') + '"'
        settings = self._settings | _ALWAYS | {"unix_socket_directories": sockets}
        options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
        return [str(binaries.bin_dir / "postgres"), "-D", str(hold.cluster), *options]

    def _wait_until_ready(self, hold: Hold, log_start: int, stop: Event) -> Postmaster | None:
        """Returns the server once it answers, however long it takes while it lives; None if it ended or
        `stop` was set.
        """
        last_report = self._clock()
        while hold.supervisor.is_taken() and not stop.is_set():
            postmaster = read_postmaster(hold.cluster)
            if postmaster is not None and postmaster.answers():
                return postmaster
            now = self._clock()
            if now - last_report >= _NEWS_EVERY_S:
                _logger.info("PostgreSQL is still starting in %s: %s", hold.home, hold.log.tail(log_start, lines=1))
                last_report = now
            time.sleep(POLL_S)
        return None

    def _dsn(self, database: str) -> str:
        return make_dsn(host=str(self.socket_dir), user=SUPERUSER, dbname=database)

    def _ensure(self, database: str) -> None:
        try:
            connection = psycopg2.connect(self._dsn("postgres"))
        except psycopg2.OperationalError as failure:
            raise EmbeddedPostgresError(
                f"The embedded server of {self.data_dir} does not answer: {failure}"
            ) from failure
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,))
                if cursor.fetchone() is None:
                    # template0, because no client can be connected to it and block the copy
                    cursor.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(database)))
        except (errors.DuplicateDatabase, errors.UniqueViolation):
            pass  # another client was faster
        finally:
            connection.close()


@contextmanager
def _plainly(data_dir: Path) -> Iterator[None]:
    try:
        yield
    except OSError as failure:
        raise EmbeddedPostgresError(f"The embedded server of {data_dir} cannot be used: {failure}.") from failure
