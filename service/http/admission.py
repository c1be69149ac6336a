"""Admission of requests: the account behind the token, its rate, and the rate of refused tokens from an address."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import TypeVar

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.types import Scope

from service.access.gate import Bearer, Gate, TokenRefused
from service.access.token_text import digest_of
from service.http.buckets import Buckets
from service.http.errors import TooManyRefusedTokens, TooManyRequests
from service.http.lanes import Lane
from service.http.limits import REFUSED_TOKENS, TOKEN_CHECKS, Rate
from service.networks import network_of

T = TypeVar("T")


class Admission:
    """Admits an account up to its rate. A token that must be looked up takes a place among few, and an address with
    many refused tokens none: its next guess is refused before the database is read."""

    def __init__(self, gate: Gate, rate: Rate, *, clock: Callable[[], float] = monotonic) -> None:
        self._gate = gate
        self._accounts, self._strangers = Buckets(rate, clock=clock), Buckets(REFUSED_TOKENS, clock=clock)
        self._looks: dict[str, asyncio.Task[Bearer]] = {}
        self._checks = Lane("checks of tokens", TOKEN_CHECKS)

    async def bearer_of(self, request: Request, text: str) -> Bearer:
        """Returns the account that the token opens, once for each request. Raises `TokenRefused` and `TooMany`."""
        known: Bearer | None = request.scope.get("bearer")
        if known:
            return known
        bearer = self._gate.remembered(text)
        if bearer is None:
            bearer = await self._looked_up(request, text)
        if wait_s := self._accounts.take(bearer.account_id):
            raise TooManyRequests(
                f"The account {bearer.account_id} sends more requests than its rate allows. Send fewer a second, or"
                " commands in batches.",
                wait_s=wait_s,
            )
        request.scope["bearer"] = bearer
        return bearer

    async def _looked_up(self, request: Request, text: str) -> Bearer:
        """Returns what one look finds for all requests that send the token meanwhile: a client with a hundred
        connections sends a hundred at the instant at which the token must be read anew."""
        look = self._looks.get(text)
        if look is None or look.done():
            look = self._looks[text] = asyncio.create_task(self.checked(request, text, self._gate.bearer_of))
            look.add_done_callback(lambda _: self._looks.pop(text, None))
        return await asyncio.shield(look)

    async def checked(self, request: Request, text: str, check: Callable[[str], T]) -> T:
        """Returns what the check finds in a thread. Counts a refusal against the address of the client.

        A token that opened the door before is not held up by the guesses of others behind the same address.
        """
        address = address_of(request.scope)
        is_familiar = self._gate.is_familiar(text)
        if (wait_s := self._strangers.wait_s(address)) and not is_familiar:
            raise TooManyRefusedTokens(
                "Too many tokens from this address were refused. Check the token before you try again.",
                wait_s=wait_s,
            )
        async with self._checks.entered(digest_of(text) if is_familiar else address):
            try:
                return await run_in_threadpool(check, text)
            except TokenRefused:
                self._strangers.take(address)
                raise


def address_of(scope: Scope) -> str:
    """Returns the address of the client, or its network."""
    return network_of(str(scope["client"][0])) if scope.get("client") else ""
