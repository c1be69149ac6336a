"""Commands over HTTP, on the service as a process of its own: one by one at 32 connections, and in batches."""

from __future__ import annotations

import json
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from time import perf_counter

from commands.bus.bus import Bus
from commands.menu import MENU
from service.app import open_app
from service.embedded import EmbeddedPostgres
from service.settings import Settings
from tests.benchmarks.http_load import latencies_ms, request
from tests.benchmarks.measure import Table, percentile, rate
from tests.benchmarks.scale import Scale
from tests.support.access import token_for
from tests.support.buses import PLATFORM
from tests.support.services import Service

CONNECTIONS, BATCH = 32, 500
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_names = count()


def measure_http(server: EmbeddedPostgres, table: Table, keys: Path, scale: Scale) -> None:
    """Single commands of one account; then batches, beside the bus of another process on the same ledger."""
    settings = Settings(database_url=server.url("bench_http"), data_dir=keys.parent / "http", key_file=keys)
    with open_app(settings, create=True) as app:
        token = token_for(app, "bench", "finance")
        with served_alone(settings) as service:
            latencies_ms(service_port(service), enrolments(token, CONNECTIONS), connections=CONNECTIONS)  # warm
            for _ in range(scale.rounds):
                _measure_singles(service, table, token, scale.http_commands)
                _measure_batches(service, app.bus, table, token, scale.http_batches)


def _measure_singles(service: Service, table: Table, token: str, commands: int) -> None:
    sent = enrolments(token, commands)
    before, started = _cpu_s(service.process.pid), perf_counter()
    spent = latencies_ms(service_port(service), sent, connections=CONNECTIONS)
    seconds, cpu_s = perf_counter() - started, _cpu_s(service.process.pid) - before
    name = f"single commands, {CONNECTIONS} connections"
    table.figure(name, aim=">= 800").samples.append(commands / seconds)
    table.figure(f"{name}, p50", unit="ms").samples.append(percentile(spent, 50))
    table.figure(f"{name}, p99", unit="ms", aim="< 100 ms").samples.append(percentile(spent, 99))
    table.figure("CPU of the service for a command", unit="ms").samples.append(cpu_s / commands * 1000)
    table.figure("cores of the service in use", unit="").samples.append(cpu_s / seconds)


def _measure_batches(service: Service, bus: Bus, table: Table, token: str, batches: int) -> None:
    kind = MENU["enrol_merchant"].command
    sent = [
        [kind.model_validate({"id": f"bus-{name}", "actor": PLATFORM, "merchant_id": f"M-{name}"}) for name in names]
        for names in ([next(_names) for _ in range(BATCH)] for _ in range(batches))
    ]
    own = table.figure(f"a batch of {BATCH} to the bus", unit="commands/s")
    own.samples.append(rate(BATCH * batches, lambda: [bus.submit(batch) for batch in sent]))
    bodies = [request("POST", "/v1/commands", token, body=_batch()) for _ in range(batches)]
    figure = table.figure(f"a batch of {BATCH} over HTTP", unit="commands/s", beside=own.name, aim=">= 0.8 of the bus")
    port = service_port(service)
    figure.samples.append(rate(BATCH * batches, lambda: latencies_ms(port, bodies, connections=1)))


def _batch() -> bytes:
    numbers = [next(_names) for _ in range(BATCH)]
    items = [{"command": "enrol_merchant", "id": f"b-{n}", "data": {"merchant_id": f"M-{n}"}} for n in numbers]
    return json.dumps({"commands": items}).encode()


def enrolments(token: str, number: int) -> list[bytes]:
    """Requests that each enrol another merchant: one event each, in all books."""
    path = "/v1/commands/enrol_merchant"
    return [
        request("POST", path, token, key=f"k-{n}", body=json.dumps({"data": {"merchant_id": f"bench-{n}"}}).encode())
        for n in (next(_names) for _ in range(number))
    ]


@contextmanager
def served_alone(settings: Settings, *more: str) -> Iterator[Service]:
    """The service on this ledger, in a process of its own, with `more` arguments."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ("--database-url", settings.database_url, "--key-file", str(settings.keys))
        service = Service(Path(folder) / "data", *arguments, *more)
        try:
            yield service
        finally:
            service.end(signal.SIGINT)


def service_port(service: Service) -> int:
    return int(service.port)


def _cpu_s(pid: int) -> float:
    """Returns the seconds of CPU that the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S
