"""Reads and searches over HTTP on a long log, beside commands: a process that answers and folds the views."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import count
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event as Signal
from pathlib import Path
from random import Random
from time import perf_counter
from urllib.parse import quote

from sqlalchemy import text

from ledger.keys import FileKeyStore
from ledger.ledger import Ledger
from projections.engine.views import Opened
from projections.engine.worker import catch_up
from projections.registry import PROJECTIONS
from projections.search.references import REFERENCES, SearchReferences
from service.app import App, open_app
from service.demo.simulator.month import make_month
from service.embedded import EmbeddedPostgres
from service.http.application import make_application
from service.settings import Settings
from service.views.follower import following
from tests.benchmarks.bench_commands import month_clock, record_steps
from tests.benchmarks.bench_http import enrolments
from tests.benchmarks.bench_parcels import dispatched
from tests.benchmarks.http_load import latencies_ms, request
from tests.benchmarks.ledgers import open_ledger
from tests.benchmarks.measure import Table, percentile, rate
from tests.benchmarks.scale import Scale
from tests.support.access import token_for
from tests.support.http_server import served
from tests.support.programs import FORKS

PER_S, CONNECTIONS = 50, 6  # as many reads of one account as run at a time
WHOLE, PART = "search for a whole reference", "search for a part of one"
_OF_ORDERS = {
    "a merchant's balance": "/v1/merchants/{0.merchant_id}/balance",
    "lines of a balance": "/v1/merchants/{0.merchant_id}/lines?limit=50",
    "a page of balances": "/v1/balances?limit=50",
    "tracking of an order": "/v1/orders/{0.order_id}/tracking?merchant={0.merchant_id}",
    "history of an order": "/v1/orders/{0.order_id}/history?merchant={0.merchant_id}",
}
_SELDOM_PER_S = {"history of an order": 2}  # an audit of 300 kB: the state and the page after each event
AIMS = dict.fromkeys(_OF_ORDERS, "< 20 ms") | dict.fromkeys((WHOLE, PART), "< 30 ms")
_LONGEST_PART = 6  # letters from its end on that somebody remembers
_PATIENCE_S = 120.0


def measure_reads(server: EmbeddedPostgres, table: Table, keys: Path, scale: Scale) -> None:
    """Months are recorded and folded; then each sort of read comes 50 times a second, or seldom, beside 50 commands."""
    settings = Settings(database_url=server.url("bench_reads"), data_dir=keys.parent / "reads", key_file=keys)
    _record(settings.database_url, keys, table, scale)
    with open_app(settings) as app:
        _fold(app, keys, table, scale)
        token, asked = token_for(app, "bench", "finance"), _asked(app, scale)
        with _answering(settings) as port:
            for sort in AIMS:  # warm
                latencies_ms(port, [request("GET", each, token) for each in asked[sort][:CONNECTIONS]], connections=1)
            for _ in range(scale.rounds):
                for sort in AIMS:
                    _measure(table, port, token, sort, asked[sort])


def _record(url: str, keys: Path, table: Table, scale: Scale) -> None:
    """Records simulated months, their commands by the thousand, until the log has so many events."""
    started = perf_counter()
    with month_clock(open_ledger(url, keys)) as (ledger, clock, bus):
        for seed in count(1):
            _, steps = make_month(seed=seed, orders=scale.grown_orders, merchants=scale.grown_merchants)
            record_steps(steps, clock, bus)
            held = sum(ledger.reader.heads().values())
            print(f"  {held:,} events …", flush=True)
            if held >= scale.read_events:
                break
    table.figure("recorded by ordinary commands", unit="events/s").samples.append(held / (perf_counter() - started))


def _fold(app: App, keys: Path, table: Table, scale: Scale) -> None:
    """Folds all views, a share of them in each process, and analyses the tables, as a server does by itself in time."""
    events, cores = sum(app.ledger.reader.heads().values()), min(os.cpu_count() or 1, scale.processes)
    shares = [list(PROJECTIONS)[core::cores] for core in range(cores)]
    fold = partial(_fold_share, app.settings.database_url, keys)
    with ProcessPoolExecutor(cores, mp_context=FORKS) as pool:
        figure = table.figure("folded into all views", unit="events/s")
        figure.samples.append(rate(events, lambda: list(pool.map(fold, shares))))
    with app.ledger.engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def _fold_share(url: str, keys: Path, names: Sequence[str]) -> None:
    with Ledger.open(url, keys=FileKeyStore(keys)) as ledger:
        catch_up(ledger.engine, ledger.reader, [PROJECTIONS[name] for name in names])


def _asked(app: App, scale: Scale) -> Mapping[str, Sequence[str]]:
    """Returns the addresses of each sort of read: other orders and other references each time."""
    random, parcels, number = Random(scale.read_events), dispatched(app.ledger), scale.http_requests // len(AIMS)
    asked = {sort: [path.format(random.choice(parcels)) for _ in range(number)] for sort, path in _OF_ORDERS.items()}
    whole = _references(app, number)
    parts = [reference[random.randrange(max(1, len(reference) - _LONGEST_PART)) :] for reference in whole]
    for sort, texts in ((WHOLE, whole), (PART, parts)):
        asked[sort] = [f"/v1/search?q={quote(each, safe='')}" for each in texts]
    return asked


def _references(app: App, number: int) -> list[str]:
    """Returns references by chance, of each kind as often as there are of it."""

    def query(opened: Opened) -> list[str]:
        table = opened.generation.stored_name(REFERENCES)
        return list(
            opened.connection.scalars(
                text(f"SELECT reference FROM {table} WHERE NOT deleted ORDER BY random() LIMIT :number"),
                {"number": number},
            )
        )

    return app.views.read(SearchReferences(), query)


def _measure(table: Table, port: int, token: str, sort: str, asked: Sequence[str]) -> None:
    """One sort of read at its rate, while other connections submit commands for as long."""
    per_s = _SELDOM_PER_S.get(sort, PER_S)
    reads = [request("GET", each, token) for each in asked[: max(1, len(asked) * per_s // PER_S)]]
    commands = enrolments(token, len(reads) * PER_S // per_s)
    with ThreadPoolExecutor(1) as beside:
        submitted = beside.submit(latencies_ms, port, commands, connections=CONNECTIONS, per_s=PER_S)
        spent = latencies_ms(port, reads, connections=CONNECTIONS, per_s=per_s)
        submitted.result()
    for percent, aim in ((50, ""), (99, AIMS[sort])):
        table.figure(f"{sort}, p{percent}", unit="ms", aim=aim).samples.append(percentile(spent, percent))
    table.figure("commands beside them, p99", unit="ms").samples.append(percentile(submitted.result(), 99))


@contextmanager
def _answering(settings: Settings) -> Iterator[int]:
    """A process that answers and folds the views. It has no timers: they would act on last year's orders."""
    ports, stop = FORKS.Queue(), FORKS.Event()
    process = FORKS.Process(target=_answer, args=(settings, ports, stop))
    process.start()
    try:
        yield ports.get(timeout=_PATIENCE_S)
    finally:
        stop.set()
        process.join()


def _answer(settings: Settings, ports: Queue[int], stop: Signal) -> None:
    with open_app(settings) as app, following(app.ledger), served(make_application(app)) as server:
        ports.put(server.port)
        stop.wait()
