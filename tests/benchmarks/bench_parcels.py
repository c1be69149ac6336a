"""Orders with long histories, buyers who look where their parcel is, and carriers who report it in bulk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import count, islice
from pathlib import Path
from time import perf_counter, thread_time
from typing import NamedTuple

from commands.command import Command
from commands.menu import MENU
from ledger.ids import merchant_of, order_of
from ledger.ledger import Ledger
from ledger.log.engine import cursor_of
from ledger.refusals.catalogue import Refusal
from projections.tracking.tracking import track
from projections.tracking.tracking_numbers import parcels_numbered
from service.app import App
from service.embedded import EmbeddedPostgres
from tests.benchmarks.measure import Figure, Table, percentile, rate
from tests.benchmarks.scale import Scale
from tests.support.given import BUYER, NOW, PARTNER
from tests.support.orders import OrderScenario

REPORTED = (
    "noted",
    "departed",
    "arrived",
    "noted",
    "out_for_delivery",
    "delivery_attempted",
)  # in turn, of each parcel
SCANS, BATCH = len(REPORTED), 1_000  # facts of each parcel, facts recorded at once
_MINUTE = timedelta(minutes=1)
_DISPATCHES = """
SELECT stream, payload::json ->> 'parcel_id', payload::json ->> 'tracking_no', occurred_at
FROM log.events WHERE type = 'parcel.dispatched' ORDER BY book, position"""
_NOTED = MENU["report_tracking"].command


def measure_deciding(_: EmbeddedPostgres, table: Table, __: Path, scale: Scale) -> None:
    """Commands on an order of 200 events, in memory: a fact that is recorded, and a request that is refused.

    CPU time, since there is no I/O: another process on the machine takes longer than a decision.
    """
    scenario = OrderScenario().paid().sent(A=1)
    while scenario.order.version < scale.history:
        number = scenario.order.version
        scenario.submit("report_tracking", parcel_id="P-1", milestone="noted", raw_code=f"c{number}", at=_later(number))
    for _round in range(scale.rounds):
        facts = [_ms(thread_time, partial(_decide_a_fact, scenario, number)) for number in range(scale.decisions)]
        requests = [_ms(thread_time, partial(_decide_a_request, scenario)) for _ in range(scale.decisions)]
        for name, taken in (("a fact", facts), ("a refund asked for", requests)):
            figure = table.figure(f"deciding {name} on {scale.history} events, CPU, p99", unit="ms", aim="< 2 ms")
            figure.samples.append(percentile(taken, 99))


class Dispatched(NamedTuple):
    """A parcel that went out at `at`."""

    merchant_id: str
    order_id: str
    parcel_id: str
    tracking_no: str
    at: datetime


def dispatched(ledger: Ledger) -> list[Dispatched]:
    """Every parcel that ever went out, in the order of the books."""
    with cursor_of(ledger.engine) as cursor:
        cursor.execute(_DISPATCHES)
        return [
            Dispatched(str(merchant_of(stream)), str(order_of(stream)), parcel, number, at)
            for stream, parcel, number, at in cursor.fetchall()
        ]


def look_parcels_up(app: App, table: Table, parcels: Sequence[Dispatched], *, size: str, scale: Scale) -> None:
    """Where is my order? asked one after the other, and which parcel has this number."""
    views = app.views
    asked = parcels[:: max(1, len(parcels) // scale.lookups)]
    for _ in range(scale.rounds):
        orders = [_ms(perf_counter, partial(track, views, each.order_id, merchant=each.merchant_id)) for each in asked]
        numbers = [_ms(perf_counter, partial(parcels_numbered, views, each.tracking_no)) for each in asked]
        for name, taken in (("an order", orders), ("a tracking number", numbers)):
            for percent, aim in ((50, ""), (99, "< 5 ms")):
                figure = table.figure(f"looking {name} up {size}, p{percent}", unit="ms", aim=aim)
                figure.samples.append(percentile(taken, percent))


def scan_in_bulk(app: App, table: Table, parcels: Sequence[Dispatched], *, size: str, scale: Scale) -> None:
    """Carriers report facts by the thousand: validated before, then decided, recorded and their breaks looked for.

    The first scan of an order that nobody has looked at lately reads its whole history; the next find it remembered.
    """
    for number in range(scale.rounds):
        scanned = parcels[number * scale.scanned : (number + 1) * scale.scanned]
        facts = _facts(scanned)
        _scan(app, table.figure(f"tracking facts of orders not in memory {size}", unit="facts/s"), facts, len(scanned))
        figure = table.figure(f"tracking facts in bulk {size}", unit="facts/s", aim=">= 5,000")
        _scan(app, figure, facts, SCANS * len(scanned))


def _scan(app: App, figure: Figure, facts: Iterator[Command], count: int) -> None:
    commands = list(islice(facts, count))
    batches = [commands[start : start + BATCH] for start in range(0, count, BATCH)]
    figure.samples.append(rate(count, lambda: [app.bus.submit(batch) for batch in batches]))


def _facts(parcels: Sequence[Dispatched]) -> Iterator[Command]:
    """Scans without end: every parcel in turn, and again."""
    for scan in count():
        for parcel in parcels:
            names = {"merchant_id": parcel.merchant_id, "order_id": parcel.order_id, "parcel_id": parcel.parcel_id}
            reported = {
                "milestone": REPORTED[scan % len(REPORTED)],
                "raw_code": f"scan-{scan}",
                "occurred_at": parcel.at + scan * _MINUTE,
            }
            id = f"{parcel.order_id}.{parcel.parcel_id}.{scan}"
            yield _NOTED.model_validate({"id": id, "actor": PARTNER, **names, **reported})


def _decide_a_fact(scenario: OrderScenario, number: int) -> None:
    code, at = f"new-{number}", _later(scenario.order.version + number)
    scenario.decide("report_tracking", by=PARTNER, at=at, parcel_id="P-1", milestone="departed", raw_code=code)


def _decide_a_request(scenario: OrderScenario) -> None:
    with suppress(Refusal):
        scenario.decide(
            "request_refund", by=BUYER, at=_later(scenario.order.version), refund_id="R-1", reason="changed_mind"
        )


def _later(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def _ms(clock: Callable[[], float], work: Callable[[], object]) -> float:
    started = clock()
    work()
    return (clock() - started) * 1000
