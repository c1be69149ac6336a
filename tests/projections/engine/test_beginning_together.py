"""All views of a new ledger begin at the same time, in threads of one process and beside other processes."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from ledger.ledger import Ledger
from projections.engine import fingerprint as fingerprints
from projections.engine.control import prepare
from projections.engine.fingerprint import fingerprint
from projections.engine.generations import ensure_live
from projections.engine.projection import Projection
from projections.registry import PROJECTIONS

AT_ONCE = 12


def test_views_that_begin_while_others_make_the_engine_s_tables_do_not_wait_in_a_circle(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS views.checkpoints, views.generations, views.projections")
        connection.commit()
    together = Barrier(AT_ONCE)

    def begin(projection: Projection) -> str:
        together.wait()
        prepare(ledger.engine)
        return ensure_live(ledger.engine, projection).name

    some = list(PROJECTIONS.values())[:AT_ONCE]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        assert list(threads.map(begin, some)) == [projection.name for projection in some]


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Threads take turns all the time, also inside the parser: it collects garbage, and that runs Python."""
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    gc.callbacks.append(_looks_on)
    gc.set_threshold(10)
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)
    gc.set_threshold(*thresholds)
    gc.callbacks.remove(_looks_on)


def _looks_on(phase: str, info: dict[str, int]) -> None:
    """Does nothing, as Python code."""


@pytest.mark.usefixtures("eager_threads")
def test_fingerprints_that_are_made_in_many_threads_are_those_of_one() -> None:
    kinds = [type(each) for each in PROJECTIONS.values()]
    alone = [fingerprint(kind) for kind in kinds]
    for cached in (fingerprint, fingerprints._definition, fingerprints._module):
        cached.cache_clear()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        assert list(threads.map(fingerprint, kinds)) == alone
