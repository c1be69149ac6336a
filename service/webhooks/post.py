"""One webhook is one POST to an address that may be called, with one deadline, and no redirects, cookies or proxies."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpcore2

from service.webhooks.reach import LookUp, Reach, look_up

DEADLINE_S = 15.0  # from the lookup of the host to the end of the answer
MOST_READ = 16 * 1024  # bytes of an answer's body; a connection with more is closed
_KEPT_S = 2.0  # a connection without a request; receivers close theirs after five seconds or more
_LOOKUPS = 32  # at once: a name server that does not answer holds one up for half a minute
_GONE = 410
_LONGEST_ERROR = 200
_FAILURES = (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException)
_CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Attempt:
    """The result of one POST: the status of the answer, or the reason why there is none. The body of an answer is
    not kept, so that nobody reads another's pages through us."""

    took_s: float
    status: int | None = None
    error: str = ""
    retry_after: str | None = None

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """True if the receiver wants no webhooks any more."""
        return self.status == _GONE

    @property
    def reason(self) -> str:
        """The failure in a few words."""
        return self.error or f"answered {self.status}"

    def retry_after_s(self, now: datetime) -> float:
        """Returns the seconds that `Retry-After` asks for (RFC 9110 §10.2.3); 0 if there is none that can be read."""
        text = self.retry_after or ""
        if text.isascii() and text.isdigit():
            return float(text[:10])
        try:
            return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
        except (ValueError, TypeError, OverflowError):  # a date without a zone cannot be subtracted
            return 0.0


class Post:
    """Posts webhooks from one event loop. Use it as an asynchronous context manager.

    `networks` may be called although they are private, and by plain http. `tls` is the context of https, by default
    one that trusts the machine's authorities.
    """

    def __init__(
        self,
        networks: Sequence[str] = (),
        *,
        tls: ssl.SSLContext | None = None,
        deadline_s: float = DEADLINE_S,
        look_up: LookUp = look_up,
    ) -> None:
        self.deadline_s = deadline_s
        self._lookups = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="webhook lookup")
        self._pools = {
            scheme: self._pool(Reach(networks, public=public, lookups=self._lookups, look_up=look_up), tls)
            for scheme, public in (("https", True), ("http", False))
        }

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pool in self._pools.values():
            await pool.aclose()
        self._lookups.shutdown(wait=False, cancel_futures=True)

    async def post(self, url: str, body: str, headers: Mapping[str, str]) -> Attempt:
        """Posts the body. Every answer and every failure is an `Attempt`."""
        began = monotonic()
        answered: list[httpcore2.Response] = []
        error = ""
        try:
            async with asyncio.timeout(self.deadline_s):
                await self._exchange(url, body.encode(), headers, answered)
        except TimeoutError:
            error = f"no answer within {self.deadline_s:g} s"
        except _FAILURES as failure:
            error = str(failure)[:_LONGEST_ERROR] or type(failure).__name__
        took_s = monotonic() - began
        if not answered:
            return Attempt(took_s, error=error)
        answer = answered[0]  # its status counts, also if its body never ends
        return Attempt(took_s, answer.status, retry_after=_header(answer, b"retry-after"))

    async def _exchange(
        self, url: str, body: bytes, headers: Mapping[str, str], answered: list[httpcore2.Response]
    ) -> None:
        to = urlsplit(url)
        own = {"Host": to.netloc, "Content-Type": _CONTENT_TYPE, "User-Agent": "RedLedger"}
        sent = [*own.items(), *headers.items()]
        async with self._pools[to.scheme].stream("POST", url, headers=sent, content=body) as answer:
            answered.append(answer)
            read = 0
            async for part in answer.aiter_stream():
                read += len(part)
                if read > MOST_READ:
                    return

    def _pool(self, reach: Reach, tls: ssl.SSLContext | None) -> httpcore2.AsyncConnectionPool:
        return httpcore2.AsyncConnectionPool(
            tls or httpcore2.default_ssl_context(),
            max_connections=None,  # the sender bounds them, for each endpoint
            keepalive_expiry=_KEPT_S,
            network_backend=reach,
        )


def _header(answer: httpcore2.Response, wanted: bytes) -> str | None:
    return next((value.decode("latin-1") for name, value in answer.headers if name.lower() == wanted), None)
