"""Everything that a soak runs: a database, two services, readers of every kind, a broker of three, and writers."""

from __future__ import annotations

import json
import socket
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPException
from pathlib import Path
from random import Random
from typing import Any

import psycopg2
from nats.js.errors import NotFoundError

from service.app import open_app
from service.cli.endings import ExitCode
from service.relay.names import Names
from service.settings import Settings
from tests.kills.clients import Client, post
from tests.soak.member import SUBSCRIPTION
from tests.soak.notebook import Notebook
from tests.soak.processes import Process
from tests.support.access import bearing, token_for
from tests.support.buses import open_desk, publish_programme
from tests.support.endpoints import Endpoint, endpoint
from tests.support.nats_servers import NatsServer, ask, nats_cluster
from tests.support.ports import free_ports
from tests.support.sales import merchant_ready, released
from tests.support.services import PATIENCE_S

HOOKS = "soak-hooks"
VIEW = "merchant_balances"
HOOK_TYPES = ("merchant.express_refund_enabled", "merchant.express_refund_disabled")
MERCHANTS, SALES, WRITERS = 8, 3, 3
_FAILS = 0.15  # part of the webhooks that the endpoint refuses in some way
_ACK_WITHIN_S = 20
_BAD = (
    b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 503 Later\r\nRetry-After: 1\r\n\r\n",
    b"",
    b"rubbish",
)


class Stage:
    """The processes of a soak. Everything random comes from one seed, but for what the machine's load changes."""

    def __init__(self, url: str, folder: Path, random: Random, held: ExitStack) -> None:
        self.url, self.folder, self.random = url, folder, random
        self.settings = Settings(database_url=url, data_dir=folder / "service-0", key_file=folder / "keys")
        with open_desk(url, folder) as desk:
            publish_programme(desk)
            for n in range(MERCHANTS):
                merchant_ready(desk, f"M-{n}")
            for n in range(SALES):
                released(desk, f"O-{n}", f"M-{n}")
        with open_app(self.settings) as app:
            self.tokens = {role: token_for(app, f"soak-{role}", role) for role in ("admin", "finance", "service")}
        self.names, self.place = Names(self.settings.relay_prefix), self._at("service-0")
        self.ports = free_ports(2)
        self.services = [self._service(n) for n in range(2)]
        self.cluster = held.enter_context(nats_cluster(folder))
        self.relays = [self._relay(n) for n in range(2)]
        self.reader_files = {name: folder / f"{name}.sqlite" for name in ("reader-0", "reader-1", "broker-reader")}
        self.copy_file = folder / "copier.sqlite"
        self.member_files = [folder / f"member-{n}.sqlite" for n in range(2)]
        self.readers = [self._reader(*named) for named in self._read_from().items()]
        self.members = [self._member(n) for n in range(2)]
        self.rebuild = self._process("rebuild", "service.cli.main", "rebuild", "--all", *self.place)
        self.hooks = Hooks(folder / "hooks.sqlite", Random(random.random()))
        self.endpoint = held.enter_context(endpoint(self.hooks.answer))
        self.hooks.endpoint = self.endpoint
        self._any_service = Random(random.random())  # of the writers' threads: theirs is not the order of the harms
        self.writers = [Client(f"w{n}", self.write) for n in range(WRITERS)]

    def start(self) -> None:
        """Starts everything, in the order in which one needs the other."""
        for service in self.services:
            service.start()
            service.wait_until_ready()
        for id, more in ((SUBSCRIPTION, {"ack_within_s": 5}), (HOOKS, self._webhook())):
            owned = {"subscription_id": id, "account_id": "soak-service", "start": "first", **more}
            self.submit("create_subscription", id, owned, role="admin")
        self.post(f"/v1/subscriptions/{HOOKS}/webhook-secret", {}, role="service")
        for process in (*self.relays, *self.readers, *self.members, self.rebuild):
            process.start()
        for writer in self.writers:
            writer.start()

    def _webhook(self) -> dict[str, Any]:
        more = {"url": self.endpoint.url(), "types": HOOK_TYPES}
        return more | {"ack_within_s": _ACK_WITHIN_S, "most_retries": 1, "most_in_flight": 8}

    @property
    def processes(self) -> list[Process]:
        return [*self.services, *self.relays, *self.readers, *self.members, self.rebuild]

    def check_alive(self) -> None:
        """Fails if a process has ended by itself. A rebuild ends, also as its connection is cut, and begins again."""
        for process in self.processes:
            if process is self.rebuild:
                if process.has_ended:
                    assert process.exit_code in (ExitCode.DONE, ExitCode.TRY_AGAIN, -9), process.says
                    process.start()
            else:
                assert not process.has_ended, f"{process.name} has ended: {process.says}"
        for writer in self.writers:
            assert writer.failure is None, repr(writer.failure)

    def harm(self) -> str:
        """Kills a process and starts it again, or cuts connections. Says what it did."""
        process = self.random.choice([*self.processes, None, None, None])
        if process is None:
            return self.random.choice([self._kill_leader, self._cut, self._cut])()
        process.kill()
        process.start()
        return process.name

    def _kill_leader(self) -> str:
        """Kills the leader of the platform's stream at the broker, and starts it again."""
        leader = leader_of(self.cluster, self.names.stream(0))
        server = next((each for each in self.cluster if each.name == leader), self.cluster[0])
        server.kill()
        server.start()
        return f"the broker's leader {server.name}"

    def _cut(self) -> str:
        """Cuts a few connections of the services, whatever they do."""
        ours = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        with closing(psycopg2.connect(self.url.replace("+psycopg2", ""))) as connection, connection.cursor() as cursor:
            cursor.execute(ours)
            found = [pid for (pid,) in cursor.fetchall()]
            chosen = self.random.sample(found, min(4, len(found)))
            cursor.execute("SELECT count(pg_terminate_backend(pid)) FROM unnest(%s::integer[]) AS pid", (chosen,))
        return f"{len(chosen)} connections"

    def write(self, id: str) -> None:
        """One command of a writer, through any service. Every merchant's stream grows, and money moves: a fen is held,
        and then released. Raises `OSError` if it is not answered."""
        writer, _, number = id.rpartition("-")
        round_, turn = divmod(int(number), 3)
        hold = {"merchant_id": f"M-{round_ % SALES}", "hold_id": f"{writer}-{round_}"}
        switch = {"merchant_id": f"M-{round_ % MERCHANTS}", "enabled": bool(round_ // MERCHANTS % 2)}
        command, data = (
            ("set_express_refund", switch),
            ("hold_settlement", hold | {"amount": "CNY 0.01", "reason": "inquiry"}),
            ("release_hold", hold),
        )[turn]
        self.submit(command, id, data, role="finance", service=self._any_service.randrange(2))

    def submit(self, command: str, key: str, data: Mapping[str, Any], *, role: str, service: int = 0) -> None:
        """Submits a command over HTTP, under a key."""
        answer = self.post(f"/v1/commands/{command}", {"data": data}, role=role, service=service, key=key)
        assert answer.get("data", {}).get("status") in ("recorded", "nothing"), answer

    def post(self, path: str, body: object, *, role: str, service: int = 0, key: str = "") -> Any:
        """Returns the answer. Raises `OSError` if the service is away, or asks to come again."""
        return post(f"{self._address(service)}{path}", self.tokens[role], body, key=key)

    def get(self, path: str, *, role: str) -> Any:
        request = urllib.request.Request(self._address(0) + path, headers=bearing(self.tokens[role]))
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.loads(answer.read())

    def end(self) -> None:
        for process in self.processes:
            if not process.has_ended:
                process.kill()

    def _at(self, folder: str) -> tuple[str, ...]:
        named = {"--data-dir": self.folder / folder, "--database-url": self.url, "--key-file": self.folder / "keys"}
        return tuple(str(each) for pair in named.items() for each in pair)

    def _service(self, n: int) -> Process:
        more = ("--port", str(self.ports[n]), "--webhook-networks", "127.0.0.0/8")
        ready = self._answers(n)
        return self._process(f"service-{n}", "service.cli.main", "up", *more, *self._at(f"service-{n}"), ready=ready)

    def _relay(self, n: int) -> Process:
        more = ("--to", self.broker, "--replicas", "3", "--views", VIEW)
        return self._process(f"relay-{n}", "service.cli.main", "relay", *more, *self._at(f"service-{n}"))

    def _read_from(self) -> dict[str, tuple[str, ...]]:
        """Returns the arguments of each reader: where it reads, its file, and the view whose rows it copies."""
        addresses = (self._address(0), self._address(1), self.broker)
        files = zip(self.reader_files.items(), addresses, strict=True)
        readers = {name: (address, str(file)) for (name, file), address in files}
        return {**readers, "copier": (self.broker, str(self.copy_file), VIEW)}

    def _reader(self, name: str, about: tuple[str, ...]) -> Process:
        return self._process(name, "tests.soak.reader", *about)

    @property
    def broker(self) -> str:
        """The addresses of the cluster."""
        return ",".join(server.address for server in self.cluster)

    def _member(self, n: int) -> Process:
        about = (self._address(n), str(self.member_files[n]), f"member-{n}", str(self.random.random()))
        return self._process(f"member-{n}", "tests.soak.member", *about)

    def _process(self, name: str, *arguments: str, ready: Callable[[], bool] | None = None) -> Process:
        token = self.tokens["service"]
        return Process(name, *arguments, folder=self.folder, token=token, is_ready=ready)

    def _address(self, n: int) -> str:
        return f"http://127.0.0.1:{self.ports[n]}"

    def _answers(self, n: int) -> Callable[[], bool]:
        def answers() -> bool:
            try:
                with urllib.request.urlopen(f"{self._address(n)}/healthz", timeout=5) as answer:
                    return bool(answer.status == 200)
            except (OSError, HTTPException):
                return False

        return answers


class Hooks:
    """An endpoint that fails at random until it is healed, and keeps what it accepts."""

    endpoint: Endpoint

    def __init__(self, file: Path, random: Random) -> None:
        self.notebook, self._random = Notebook(file), random
        self.fails = _FAILS

    def answer(self, connection: socket.socket) -> None:
        if self._random.random() < self.fails:
            connection.sendall(self._random.choice(_BAD))
            return
        body = self.endpoint.requests[-1].partition(b"\r\n\r\n")[2]
        self.notebook.note_cloud_event(json.loads(body))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def leader_of(servers: Sequence[NatsServer], stream: str) -> str:
    """Returns the name of the server that leads a stream; empty if nobody does, or if no relay has made it yet."""

    async def question(jetstream: Any) -> str:
        try:
            found = await jetstream.stream_info(stream)
        except NotFoundError:
            return ""
        return (found.cluster and found.cluster.leader) or ""

    return ask(servers, question)


@contextmanager
def open_stage(url: str, folder: Path, random: Random) -> Iterator[Stage]:
    """A stage whose processes have started. All are ended with the block."""
    with ExitStack() as held:
        stage = Stage(url, folder, random, held)
        held.callback(stage.end)
        stage.start()
        yield stage
