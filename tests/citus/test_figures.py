"""Figures of the cluster beside those of one server, in one run. They are printed, and judge nothing."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from time import monotonic

import pytest

from ledger.keys import FileKeyStore
from ledger.ledger import Ledger
from ledger.log.rows import Status
from service.questions.asked import answer_to
from service.questions.question import Question
from tests.citus.moved_month import Both, record
from tests.citus.test_moved_month import ASKED
from tests.ledger.log.attempts import attempt
from tests.support.citus import Cluster
from tests.support.postgres import QUICK, make_log, memory_folder, throwaway_server
from tests.support.say import Say

ROUNDS = 5
BOOKS = 17
WRITERS = 4
_CALLS = 12  # of each writer in a round


@pytest.fixture
def ledgers(cluster: Cluster, tmp_path: Path) -> Iterator[tuple[Ledger, Ledger]]:
    """An empty ledger of one server, and one of the cluster."""
    keys = FileKeyStore(tmp_path / "keys")
    with ExitStack() as held:
        server = held.enter_context(throwaway_server(QUICK, memory_folder()))
        for each in (server, cluster):
            make_log(each, "figures")
        one, other = (
            held.enter_context(Ledger.open(each.url("figures"), keys=keys, books=BOOKS)) for each in (server, cluster)
        )
        yield one, other
    cluster.drop("figures")


@pytest.mark.parametrize("size", [1, 100])
def test_appends(ledgers: tuple[Ledger, Ledger], say: Say, size: int) -> None:
    rates = [[_appended_in_a_second(ledger, size, turn) for ledger in ledgers] for turn in range(ROUNDS)]
    one, cluster = (median(side) for side in zip(*rates, strict=True))
    said = f"{one:,.0f} a second on one server, {cluster:,.0f} on the cluster: {cluster / one:.2f}"
    say(f"appends, {WRITERS} writers, {size} commands a call: {said}")


def _appended_in_a_second(ledger: Ledger, size: int, turn: int) -> float:
    def write(writer: int) -> None:
        for call in range(_CALLS):
            book = 1 + (writer * _CALLS + call) % (BOOKS - 1)
            commands = [attempt(f"order/M-{book}/{turn}-{writer}-{call}-{n}") for n in range(size)]
            assert {receipt.status for receipt in ledger.append(book, commands)} == {Status.RECORDED}

    began = monotonic()
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    return WRITERS * _CALLS * size / (monotonic() - began)


def test_reads(both: Both, say: Say) -> None:
    of_one_merchant, of_all = list[float](), list[float]()
    for question in ASKED.values():
        values = both.values(question)
        ratio = _took(both, question, cluster=True) / _took(both, question, cluster=False)
        (of_one_merchant if values.get("merchant") or values.get("order") else of_all).append(ratio)
    for what, ratios in (("of one merchant or order", of_one_merchant), ("of all books", of_all)):
        say(f"{len(ratios)} questions {what}: the cluster takes {median(ratios):.1f} times as long in the median")


def _took(both: Both, question: Question, *, cluster: bool) -> float:
    app = both.cluster if cluster else both.one
    took = list[float]()
    for _ in range(ROUNDS):
        began = monotonic()
        answer_to(question, app, both.values(question))
        took.append(monotonic() - began)
    return median(took)


def test_the_month(both: Both, cluster: Cluster, say: Say, tmp_path: Path) -> None:
    make_log(cluster, "recorded")
    took = record(cluster.url("recorded"), tmp_path)
    say(f"the month: {both.took_s:.0f} and {took:.0f} s, {took / both.took_s:.1f} times as long")
