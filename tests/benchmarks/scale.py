"""The size of a run: the whole benchmark, or a small run that only shows that every section works."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Counts of the sections; the defaults are those of `make bench`."""

    rounds: int = 5  # how often each figure is taken
    processes: int = 4  # of clients that append beside each other
    singles: int = 4_000  # appends of one event
    flushes: int = 320  # appends of the library's recorder on a slow disk; ours are ten times as many
    bulk: int = 20_000  # commands appended by the hundred
    orders: int = 1_500  # of a simulated month
    read_months: tuple[int, ...] = (1, 2, 3, 4)  # seeds of the months that are read back
    rebuilt_months: tuple[tuple[int, ...], ...] = ((1, 2, 3), (4, 5, 6, 7, 8, 9))  # before each rebuild
    rebuilt_beside_s: float = 10.0  # of commands beside a rebuild
    seen: int = 200  # commands that are waited for until a view shows them
    decisions: int = 500
    history: int = 200  # events of the order that is decided on
    grown_to: tuple[int, ...] = (100_000, 1_000_000)  # events
    grown_orders: int = 4_000  # of a month
    grown_merchants: int = 500
    lines: int = 10_000  # of a provider's report
    http_commands: int = 4_000  # single commands over HTTP
    http_batches: int = 8
    read_events: int = 1_000_000  # of the log that is read over HTTP
    http_requests: int = 2_100  # reads of all sorts, 50 a second, and as many commands
    pages: int = 40  # of the console, each sort
    relayed: int = 20_000  # events published to a broker
    fed: int = 40_000  # events that a reader catches up with
    hooked: int = 2_000  # events that an endpoint gets
    followers: int = 200  # readers of a stream each
    followed_s: float = 20.0
    probes: int = 500  # balances asked for
    lookups: int = 1_000  # parcels looked up
    scanned: int = 2_000  # parcels a round


TOY = Scale(
    rounds=1,
    processes=1,
    singles=32,
    flushes=16,
    bulk=600,
    orders=10,
    read_months=(1,),
    rebuilt_months=((1,),),
    rebuilt_beside_s=0.1,
    seen=2,
    decisions=3,
    history=20,
    grown_to=(100,),
    grown_orders=40,
    grown_merchants=4,
    lines=20,
    http_commands=40,
    http_batches=1,
    pages=2,
    read_events=100,
    http_requests=14,
    relayed=40,
    fed=40,
    hooked=20,
    followers=10,
    followed_s=0.5,
    probes=3,
    lookups=5,
    scanned=5,
)
