"""A rebuild on a Dask cluster: a scheduler and two workers on the loopback address, of which one is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from ledger.ledger import Ledger
from projections.engine import candidates
from projections.engine.batch import Batch
from projections.engine.candidates import Filling
from projections.engine.generations import ensure_live
from projections.engine.rebuild import rebuild
from projections.engine.worker import ProjectionWorker
from service.failures import ServiceFailure
from service.views.dask_cluster import dask_cluster
from tests.projections.engine.sample_views import TALLY, Tally
from tests.support.services import until
from tests.support.view_history import History, NoKeys, rows_of

pytest.importorskip("distributed", reason="the extra `dask` is not installed: pip install 'redledger[dask]'")
_REPOSITORY = Path(__file__).resolve().parents[3]


class Dying(Tally):
    """A `Tally` whose first worker writes its process id to a file and never comes back."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def fold(self, batch: Batch) -> None:
        super().fold(batch)
        if batch.book == 1 and not self.file.exists():
            self.file.with_suffix(".new").write_text(str(os.getpid()))
            self.file.with_suffix(".new").rename(self.file)
            threading.Event().wait()


@pytest.fixture
def ledger(fresh_database_url: str) -> Iterator[Ledger]:
    with Ledger.open(fresh_database_url, keys=NoKeys(), books=3) as ledger:
        yield ledger


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """The address of a scheduler with two workers."""
    at = tmp_path / "scheduler.json"
    with ExitStack() as stack:
        scheduler = ("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(at))
        stack.enter_context(_running(*scheduler, folder=tmp_path))
        until(at.exists, what="the scheduler's file")
        for _ in range(2):
            worker = ("worker", "--scheduler-file", str(at), "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny")
            stack.enter_context(_running(*worker, "--no-dashboard", folder=tmp_path))
        from distributed import Client

        with Client(scheduler_file=str(at), set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
            address = client.scheduler.address
        yield address


@contextmanager
def _running(kind: str, *arguments: str, folder: Path) -> Iterator[None]:
    """Runs a part of the cluster, which finds the code of this repository, and kills it afterwards."""
    with (folder / f"{kind}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{kind}", *arguments],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(_REPOSITORY)},
            stdout=log,
            stderr=log,
        )
    try:
        yield
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_no_event_and_doubles_none(
    ledger: Ledger, cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "_MIN_EVENTS_FOR_PROCESSES", 0)
    history = History(ledger)
    for word in "abcabc":
        history.words(1, word)
        history.words(2, word)
    view = Dying(tmp_path / "killed.pid")
    view.file.touch()
    ProjectionWorker(ledger.engine, ledger.reader, view).catch_up()
    before = rows_of(ledger, ensure_live(ledger.engine, view), TALLY)
    view.file.unlink()
    killer = threading.Thread(target=_kill_the_worker, args=(view.file,))
    killer.start()
    with dask_cluster(cluster) as executor:
        assert rebuild(ledger.engine, ledger.reader, view, Filling(executor)).comparison.count == 0
    killer.join()
    assert rows_of(ledger, ensure_live(ledger.engine, view), TALLY) == before


def _kill_the_worker(file: Path) -> None:
    until(file.exists, what="a worker that folds book 1")
    os.kill(int(file.read_text()), signal.SIGKILL)


def test_an_address_without_a_scheduler_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.views.dask_cluster._PATIENCE_S", 1)
    with (
        pytest.raises(ServiceFailure, match=r"There is no Dask scheduler at tcp://127\.0\.0\.1:1"),
        dask_cluster("tcp://127.0.0.1:1"),
    ):
        pytest.fail("there is none")
