"""Connections to addresses that a webhook may call. An address is checked when it is connected to, not before."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor

from httpcore2 import SOCKET_OPTION, AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream, ConnectError

from service.networks import is_in, is_public

LookUp = Callable[[str, int], Sequence[str]]


def look_up(host: str, port: int) -> Sequence[str]:
    """Returns the addresses of a host, as the machine's name service knows them."""
    return [str(place[0]) for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class NotReachable(ConnectError):
    """The host has no address that may be called. The sentence does not say if it has another, which would show the
    names of our network to whoever registers an endpoint."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} has no address that may be called")


class Reach(AsyncNetworkBackend):
    """Looks a host up and connects to the first of its addresses that may be called, so that the name service cannot
    answer differently between check and connection.

    Addresses of `networks` may be called; if `public`, those of the Internet too. `lookups` runs the lookups.
    """

    def __init__(self, networks: Sequence[str], *, public: bool, lookups: Executor, look_up: LookUp = look_up) -> None:
        self._networks, self._public = tuple(networks), public
        self._lookups, self._look_up = lookups, look_up
        self._connections = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """Connects to the host. Raises `NotReachable`, and the library's `ConnectError` and `ConnectTimeout`."""
        address = next(filter(self.may_call, await self._addresses(host, port)), None)
        if address is None:
            raise NotReachable(host)
        return await self._connections.connect_tcp(address, port, timeout, local_address, socket_options)

    def may_call(self, address: str) -> bool:
        """True if this address may be called."""
        return is_in(address, self._networks) or (self._public and is_public(address))

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._lookups, self._look_up, host, port)
        except (OSError, UnicodeError):  # a label that is too long is no name
            raise NotReachable(host) from None
        return found
