"""The primary is killed with SIGKILL under load and the standby promoted: nothing that was acknowledged is missing."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from random import Random
from signal import SIGINT, SIGKILL
from time import monotonic

import pytest

from ledger.keys import FileKeyStore
from ledger.ledger import Ledger
from ledger.log.verification.verify import verify_log
from service.cli.endings import ExitCode
from tests.failover.pair import Pair, open_pair
from tests.kills.clients import Client, ids_of, submit_over_http
from tests.support.buses import open_desk, publish_programme
from tests.support.say import Say
from tests.support.services import Service, until

CLIENTS = 4
_LOADED = 25  # answers of each client before and after


class Timed(Client):
    """A client that notes the longest time until an answer."""

    longest_s = 0.0
    _asked: tuple[str, float] = ("", 0.0)

    def _is_answered(self, id: str) -> bool:
        if self._asked[0] != id:
            self._asked = (id, monotonic())
        if not super()._is_answered(id):
            return False
        self.longest_s = max(self.longest_s, monotonic() - self._asked[1])
        return True


def fail_over(number: int, folder: Path, random: Random, say: Say) -> None:
    """One failover of a service under load, and the proof that nothing is missing."""
    with ExitStack() as held:
        pair = held.enter_context(open_pair())
        with open_desk(pair.url, folder) as desk:
            publish_programme(desk)
        service = Service(folder / "data", "--database-url", pair.url, "--key-file", str(folder / "keys"))
        held.callback(service.process.send_signal, SIGKILL)
        acknowledged, longest_s = under_load(pair, service, random)
        until(lambda: service.get("/v1/status")["data"]["troubles"] == [], what="the views to follow")
        until(lambda: all(view["lag"] == 0 for view in service.get("/v1/status")["data"]["views"]), what="no lag")
        assert service.end(SIGINT) == ExitCode.DONE, service.err
        missing = acknowledged - recorded(pair, folder)
    say(
        f"failover {number}: {len(acknowledged):,} acknowledged, {len(missing)} missing, longest wait {longest_s:.2f} s"
    )
    assert not missing


def under_load(pair: Pair, service: Service, random: Random) -> tuple[set[str], float]:
    """Returns what was acknowledged, and the longest wait for an answer."""
    address, token = service.address, service.token
    clients = [Timed(f"c{n}", lambda id: submit_over_http(address, token, id)) for n in range(CLIENTS)]
    for client in clients:
        client.start()
    before = _LOADED + random.randrange(_LOADED)
    until(lambda: all(len(client.answered) >= before for client in clients), what="answers before the kill")
    pair.kill_primary()
    pair.promote()
    after = {client: len(client.answered) + _LOADED for client in clients}
    until(lambda: all(len(client.answered) >= after[client] for client in clients), what="answers after it")
    for client in clients:
        client.stop()
    answered = {id for client in clients for named in client.answered for id in ids_of(named)}
    return answered, max(client.longest_s for client in clients)


def recorded(pair: Pair, folder: Path) -> set[str]:
    """Returns the ids in the promoted server's log, whose every row is sound."""
    with Ledger.open(pair.url, keys=FileKeyStore(folder / "keys")) as ledger:
        assert list(verify_log(ledger.reader)) == []
        ids = ledger.reader.select("SELECT command_id FROM log.events UNION ALL SELECT command_id FROM log.outcomes")
        return {id.split("/")[1] for (id,) in ids}


@pytest.mark.slow
def test_a_promoted_standby_has_all_that_was_acknowledged(tmp_path: Path, say: Say) -> None:
    fail_over(1, tmp_path, Random(1), say)


@pytest.mark.failover
def test_twenty_promoted_standbys_have_all_that_was_acknowledged(tmp_path: Path, say: Say) -> None:
    seed = int(os.environ.get("REDLEDGER_TEST_SEED", "0")) or Random().randrange(1, 1_000_000)
    say(f"REDLEDGER_TEST_SEED={seed}")
    random = Random(seed)
    for number in range(1, 21):
        folder = tmp_path / str(number)
        folder.mkdir()
        fail_over(number, folder, random, say)
