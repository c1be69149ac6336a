"""Webhooks of the service as a process of its own: posts a second to one endpoint, alone and beside a dead one."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from threading import Event

from commands.bus.bus import Bus
from commands.menu import MENU
from ledger.actors import Actor
from service.app import open_app
from service.embedded import EmbeddedPostgres
from service.settings import Settings
from service.webhooks.signature import new_secret
from tests.benchmarks.bench_http import served_alone
from tests.benchmarks.measure import Table, rate
from tests.benchmarks.scale import Scale
from tests.support.access import open_accounts
from tests.support.buses import PLATFORM
from tests.support.endpoints import LOOPBACK
from tests.support.receivers import Receiver, receiver

_OWNER = Actor(kind="platform", id="bench", role="finance")
_ALIVE, _DEAD = "alive", "dead"
_BATCH = 500
_numbers = count()


def measure_webhooks(server: EmbeddedPostgres, table: Table, keys: Path, scale: Scale) -> None:
    """Events, each of another merchant, are recorded while the subscription is paused, and posted when it goes on."""
    settings = Settings(database_url=server.url("bench_webhooks"), data_dir=keys.parent / "webhooks", key_file=keys)
    alone = table.figure("webhooks to one endpoint")
    beside = table.figure("webhooks beside an endpoint that never answers", beside=alone.name, aim=">= 0.9")
    ended = Event()

    def never(_id: str, _number: int) -> int:
        ended.wait()
        return 500

    with (
        open_app(settings, create=True) as app,
        receiver() as alive,
        receiver(never) as dead,
        served_alone(settings, "--webhook-networks", *LOOPBACK),
    ):
        open_accounts(app.bus, _OWNER.id)
        _subscribe(app.bus, _ALIVE, alive)
        alone.samples += [_posts_per_s(app.bus, alive, scale.hooked) for _ in range(scale.rounds)]
        _subscribe(app.bus, _DEAD, dead)
        beside.samples += [_posts_per_s(app.bus, alive, scale.hooked) for _ in range(scale.rounds)]
        ended.set()


def _subscribe(bus: Bus, name: str, to: Receiver) -> None:
    _submit(bus, "create_subscription", subscription_id=name, url=to.url, types=["merchant.*"], start="first")
    _submit(bus, "rotate_webhook_secret", subscription_id=name, secret=new_secret())


def _posts_per_s(bus: Bus, to: Receiver, events: int) -> float:
    _submit(bus, "pause_subscription", subscription_id=_ALIVE, reason="bench")
    expected = len(to.posts) + events
    for begun in range(0, events, _BATCH):
        _enrol(bus, min(_BATCH, events - begun))

    def post() -> None:
        _submit(bus, "resume_subscription", subscription_id=_ALIVE)
        to.wait_for(lambda posts: len(posts) >= expected)

    return rate(events, post)


def _enrol(bus: Bus, merchants: int) -> None:
    kind, names = MENU["enrol_merchant"].command, [f"M-{next(_numbers)}" for _ in range(merchants)]
    bus.submit([kind.model_validate({"id": name, "actor": PLATFORM, "merchant_id": name}) for name in names])


def _submit(bus: Bus, command: str, **data: object) -> None:
    about = {"id": f"bench-{next(_numbers)}", "actor": _OWNER, **data}
    (outcome,) = bus.submit([MENU[command].command.model_validate(about)])
    assert outcome.status == "recorded", outcome
