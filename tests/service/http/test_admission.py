"""Admission: an account up to its rate, an address up to its refused tokens, and neither at the cost of another."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from service.access.gate import Bearer, Gate, TokenRefused
from service.http.admission import Admission, address_of
from service.http.errors import TooManyRefusedTokens, TooManyRequests
from service.http.limits import REFUSED_TOKENS, Rate
from service.http.server import server_config


@dataclass
class Book:
    """A gate to a few tokens. `looked_up` counts the looks at the database."""

    tokens: dict[str, str]
    warm: set[str] = field(default_factory=set)
    familiar: set[str] = field(default_factory=set)
    looked_up: int = 0

    def remembered(self, text: str) -> Bearer | None:
        return self._bearer(text) if text in self.warm else None

    def is_familiar(self, text: str) -> bool:
        return text in self.familiar

    def bearer_of(self, text: str) -> Bearer:
        self.looked_up += 1
        if text not in self.tokens:
            raise TokenRefused("unknown")
        return self._bearer(text)

    def _bearer(self, text: str) -> Bearer:
        return Bearer(self.tokens[text], text, "service")


class Hall:
    """An admission on a clock that a test moves."""

    def __init__(self, book: Book, rate: Rate = Rate(10, 5.0)) -> None:  # noqa: B008
        self.now, self.book = 0.0, book
        self.admission = Admission(cast(Gate, book), rate, clock=lambda: self.now)

    def ask(self, *texts: str, address: str = "10.0.0.1") -> list[str]:
        """Returns the account, or the name of the refusal, of one request after the other."""

        async def ask() -> list[str]:
            found = []
            for text in texts:
                request: Any = SimpleNamespace(scope={"client": (address, 1)})
                try:
                    found.append((await self.admission.bearer_of(request, text)).account_id)
                except (TokenRefused, TooManyRefusedTokens, TooManyRequests) as refusal:
                    found.append(type(refusal).__name__)
            return found

        return asyncio.run(ask())


def test_an_account_has_its_rate_over_all_its_tokens_and_takes_nothing_of_another() -> None:
    hall = Hall(Book({"t1": "bulk", "t2": "bulk", "t3": "small"}, warm={"t1", "t2", "t3"}))
    assert hall.ask(*["t1", "t2"] * 6) == ["bulk"] * 10 + ["TooManyRequests"] * 2
    assert hall.ask("t3") == ["small"]
    hall.now += 0.2
    assert hall.ask("t2", "t1") == ["bulk", "TooManyRequests"]


def test_after_many_refused_tokens_the_next_guess_reads_no_database() -> None:
    hall = Hall(Book({}))
    assert set(hall.ask(*["guess"] * REFUSED_TOKENS.burst)) == {"TokenRefused"}
    assert hall.ask("another guess", "rlk_") == ["TooManyRefusedTokens"] * 2
    assert hall.book.looked_up == REFUSED_TOKENS.burst


def test_the_guesses_of_one_address_are_no_other_address_s() -> None:
    hall = Hall(Book({"t": "acc"}))
    hall.ask(*["guess"] * (REFUSED_TOKENS.burst + 1))
    assert hall.ask("t", address="10.0.0.2") == ["acc"]


def test_a_token_that_opened_the_door_before_is_let_in_beside_the_guesses() -> None:
    hall = Hall(Book({"t": "acc", "new": "acc"}, familiar={"t"}))
    hall.ask(*["guess"] * (REFUSED_TOKENS.burst + 1))
    assert hall.ask("t", "new") == ["acc", "TooManyRefusedTokens"]


def test_good_tokens_do_not_count_as_guesses() -> None:
    hall = Hall(Book({"t": "acc"}), Rate(10_000, 1.0))
    assert set(hall.ask(*["t"] * (REFUSED_TOKENS.burst + 50))) == {"acc"}


def test_requests_with_one_token_share_one_look_at_the_database() -> None:
    hall = Hall(Book({"t": "acc"}), Rate(1_000, 1.0))

    async def ask() -> set[str]:
        requests: list[Any] = [SimpleNamespace(scope={"client": ("10.0.0.1", 1)}) for _ in range(500)]
        found = await asyncio.gather(*(hall.admission.bearer_of(each, "t") for each in requests))
        return {bearer.account_id for bearer in found}

    assert (asyncio.run(ask()), hall.book.looked_up) == ({"acc"}, 1)


def test_a_request_is_counted_once_however_often_its_bearer_is_asked_for() -> None:
    hall = Hall(Book({"t": "acc"}, warm={"t"}), Rate(1, 1.0))
    request: Any = SimpleNamespace(scope={"client": ("10.0.0.1", 1)})

    async def ask() -> set[str]:
        return {(await hall.admission.bearer_of(request, "t")).account_id for _ in range(3)}

    assert asyncio.run(ask()) == {"acc"}


@pytest.mark.parametrize(
    ("client", "address"),
    [
        (("10.0.0.1", 5000), "10.0.0.1"),
        (("::ffff:10.0.0.1", 5000), "10.0.0.1"),
        (("2001:db8:1:2:3:4:5:6", 5000), "2001:db8:1:2::"),
        (("2001:db8:1:2:ffff::", 5000), "2001:db8:1:2::"),
        (("testclient", 5000), "testclient"),
        (None, ""),
    ],
)
def test_an_ipv6_client_is_its_network_because_it_has_all_addresses_in_it(client: Any, address: str) -> None:
    assert address_of({"client": client}) == address


@pytest.mark.parametrize(("trusted", "seen"), [((), "127.0.0.1"), (("127.0.0.0/8",), "203.0.113.9")])
def test_only_a_trusted_proxy_names_the_address_of_its_client(
    monkeypatch: pytest.MonkeyPatch, trusted: tuple[str, ...], seen: str
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")  # which uvicorn would believe
    found: list[str] = []

    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        found.append(address_of(scope))

    config = server_config(cast(Any, application), trusted_proxies=trusted)
    config.load()
    headers = [(b"x-forwarded-for", b"203.0.113.9")]
    scope: Any = {"type": "http", "client": ("127.0.0.1", 5000), "headers": headers}
    asyncio.run(config.loaded_app(scope, cast(Any, None), cast(Any, None)))
    assert found == [seen]
