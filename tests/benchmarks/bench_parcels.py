"""Orders with long histories, buyers who look where their parcel is, and carriers who tell it in bulk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from time import perf_counter, thread_time

from commands.command import Command
from commands.menu import MENU
from ledger.ledger import Ledger
from ledger.refusals import Refusal
from projections.engine.reading import Views
from projections.engine.worker import ProjectionWorker
from projections.tracking import PROJECTION, track
from projections.tracking_numbers import TrackingNumbers, parcels_numbered
from service.embedded import EmbeddedPostgres
from tests.benchmarks.bench_commands import month_clock, record_months
from tests.benchmarks.ledgers import open_ledger
from tests.benchmarks.measure import Table, percentile, rate
from tests.support.given import BUYER, NOW, PARTNER
from tests.support.orders import OrderStory

EVENTS, DECISIONS = 200, 500
LOOKUPS, MONTHS = 1_000, (1, 2, 3, 4)
FACTS, BATCH = 12_000, 1_000
_NOTED = MENU["report_tracking"].command


def measure_deciding(_: EmbeddedPostgres, table: Table, __: Path, rounds: int) -> None:
    """Commands on an order of 200 events, in memory: a fact that is recorded, and a request that is refused.

    CPU time, since there is no I/O: another process on the machine takes longer than a decision.
    """
    story = OrderStory().paid().sent(A=1)
    while story.order.version < EVENTS:
        number = story.order.version
        story.tell("report_tracking", parcel_id="P-1", milestone="noted", raw_code=f"c{number}", at=_later(number))
    for _round in range(rounds):
        facts = [_ms(thread_time, partial(_decide_a_fact, story, number)) for number in range(DECISIONS)]
        requests = [_ms(thread_time, partial(_decide_a_request, story)) for _ in range(DECISIONS)]
        for name, taken in (("a fact", facts), ("a refund asked for", requests)):
            figure = table.figure(f"deciding {name} on {EVENTS} events, CPU, p99", unit="ms", aim="< 2 ms")
            figure.samples.append(percentile(taken, 99))


def measure_tracking(server: EmbeddedPostgres, table: Table, keys: Path, rounds: int) -> None:
    """Where is my order? asked one after the other, and which parcel has this number; then facts in bulk."""
    with month_clock(open_ledger(server.url("bench_tracking"), keys)) as (ledger, clock, bus):
        dispatches = [step for step in record_months(MONTHS, clock, bus) if step.command == "dispatch_parcel"]
        events = sum(ledger.reader.heads().values())
        views = _followed(ledger)
        for _ in range(rounds):
            asked = [step.data for step in dispatches[:: max(1, len(dispatches) // LOOKUPS)]]
            orders = [
                _ms(perf_counter, partial(track, views, data["order_id"], merchant=data["merchant_id"]))
                for data in asked
            ]
            numbers = [_ms(perf_counter, partial(parcels_numbered, views, data["tracking_no"])) for data in asked]
            for name, taken in (("an order", orders), ("a tracking number", numbers)):
                for percent, aim in ((50, ""), (99, "< 5 ms")):
                    figure = table.figure(f"looking {name} up among {events:,} events, p{percent}", unit="ms", aim=aim)
                    figure.samples.append(percentile(taken, percent))
        facts = _facts([step.data | {"at": step.at} for step in dispatches])
        for _ in range(rounds):
            commands = list(islice(facts, FACTS))
            batches = [commands[start : start + BATCH] for start in range(0, FACTS, BATCH)]
            figure = table.figure("tracking facts in bulk", unit="facts/s", aim=">= 5,000")
            figure.samples.append(rate(FACTS, lambda b=batches: [bus.submit(batch) for batch in b]))  # type: ignore[misc]


def _followed(ledger: Ledger) -> Views:
    for projection in (PROJECTION, TrackingNumbers()):
        ProjectionWorker(ledger.engine, ledger.reader, projection).catch_up()
    return Views(ledger.engine, ledger.reader)


def _facts(parcels: Sequence[dict[str, object]]) -> Iterator[Command]:
    """Scans without end: every parcel in turn, and again."""
    for scan in range(1_000):
        for parcel in parcels:
            at = parcel["at"]
            assert isinstance(at, datetime)
            names = {name: parcel[name] for name in ("merchant_id", "order_id", "parcel_id")}
            told = {"milestone": "noted", "raw_code": f"scan-{scan}", "occurred_at": at + timedelta(minutes=scan)}
            yield _NOTED.model_validate({"id": f"{parcel['parcel_id']}.{scan}", "actor": PARTNER, **names, **told})


def _decide_a_fact(story: OrderStory, number: int) -> None:
    code, at = f"new-{number}", _later(EVENTS + number)
    story.decide("report_tracking", by=PARTNER, at=at, parcel_id="P-1", milestone="departed", raw_code=code)


def _decide_a_request(story: OrderStory) -> None:
    with suppress(Refusal):
        story.decide("request_refund", by=BUYER, at=_later(EVENTS), refund_id="R-1", reason="changed_mind")


def _later(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def _ms(clock: Callable[[], float], work: Callable[[], object]) -> float:
    started = clock()
    work()
    return (clock() - started) * 1000
