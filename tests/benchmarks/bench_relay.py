"""The relay to a NATS cluster of three servers on a disk: events a second into one stream that flushes each write."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ledger.ledger import Ledger
from service.embedded import EmbeddedPostgres
from service.relay.connection import Servers
from service.relay.names import Names
from service.relay.relay import relay
from service.relay.stream import Keeping
from tests.benchmarks.ledgers import attempt, open_ledger
from tests.benchmarks.measure import Table, rate
from tests.benchmarks.scale import Scale
from tests.support.nats_servers import nats_cluster
from tests.support.postgres import disk_folder, open_folder

_BOOK, _BATCH = 1, 500


def measure_relay(server: EmbeddedPostgres, table: Table, keys: Path, scale: Scale) -> None:
    """One book, relayed up to its head in one pass. The streams are there when a round begins."""
    figure = table.figure("relayed to a stream with three copies", aim=">= 5,000")
    with (
        open_folder(disk_folder()) as folder,
        nats_cluster(folder) as cluster,
        open_ledger(server.url("bench_relay"), keys) as ledger,
    ):
        servers = Servers(tuple(each.address for each in cluster))
        relay_on = partial(relay, ledger, servers, names=Names("bench"), keeping=Keeping(replicas=3), once=True)
        relay_on()
        for _ in range(scale.rounds):
            _record(ledger, scale.relayed)
            figure.samples.append(rate(scale.relayed, relay_on))


def _record(ledger: Ledger, events: int) -> None:
    for begun in range(0, events, _BATCH):
        ledger.append(_BOOK, [attempt() for _ in range(min(_BATCH, events - begun))])
