"""The HTTP protocol of the server: connections are counted, and each step of one has a deadline."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from service.http.errors import error
from service.http.limits import MOST_CONNECTIONS, MOST_OF_ADDRESS, MOST_PARTS, Deadlines
from service.http.request_ids import begin
from service.networks import is_in, network_of

_UNREADABLE = {
    413: ("BODY_TOO_LONG", f"The body comes in more than {MOST_PARTS:,} chunks. Send it in larger ones."),
    431: ("HEADERS_TOO_LONG", "The request line and headers are longer than the service reads."),
    400: ("NOT_HTTP", "This is not an HTTP/1.1 request."),
}


class BoundedProtocol(H11Protocol):
    """uvicorn's protocol with deadlines. uvicorn itself waits without end for a half-sent request and for a slow
    reader.

    Answers errors in the service's one form where it can still answer.
    """

    deadlines = Deadlines()
    most_connections = MOST_CONNECTIONS
    most_of_address = MOST_OF_ADDRESS
    network = ""  # of the client
    _watched: type | None = None
    _request_due: asyncio.TimerHandle | None = None
    _taking_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.conn.next_event = _counted(self.conn.next_event)  # type: ignore[method-assign]
        self.network = network_of(self.client[0]) if self.client else ""
        if len(self.connections) > self.most_connections:
            self._refuse(503, "TOO_BUSY", f"{self.most_connections} connections are open, which is the limit.")
        elif self._has_too_many():
            self._refuse(429, "TOO_MANY_AT_ONCE", f"{self.most_of_address} connections come from this address.")
        else:
            self._watch()

    def _has_too_many(self) -> bool:
        """True if this client has more than its part of the connections. A trusted proxy has those of many clients."""
        mine = sum(isinstance(each, BoundedProtocol) and each.network == self.network for each in self.connections)
        host = self.client[0] if self.client else ""
        return mine > self.most_of_address and not is_in(host, self.config.forwarded_allow_ips or ())

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        self._watched = None  # the next request has its own time
        super().on_response_complete()
        if self.transport.is_closing():
            self._expect_taking()
        self._watch()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._expect_taking()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._request_due, self._taking_due):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect_taking()

    def resume_writing(self) -> None:
        if self._taking_due is not None and not self.transport.is_closing():
            self._taking_due.cancel()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        problem = sys.exception()  # uvicorn calls this while it handles what h11 found wrong
        hint = problem.error_status_hint if isinstance(problem, h11.RemoteProtocolError) else 400
        status = hint if hint in _UNREADABLE else 400
        self._refuse(status, *_UNREADABLE[status])

    def _watch(self) -> None:
        """Keeps one deadline for the missing part of the request: the end of its headers, or of its body."""
        missing = self.conn.their_state
        if missing is self._watched or self.transport.is_closing():
            return
        if self._request_due is not None:
            self._request_due.cancel()
        self._watched, self._request_due = missing, None
        allowed_s = {h11.IDLE: self.deadlines.head_s, h11.SEND_BODY: self.deadlines.body_s}.get(missing)
        if allowed_s is not None:
            self._request_due = self.loop.call_later(allowed_s, self._refuse, 408, "REQUEST_TOO_SLOW", _TOO_SLOW)

    def _refuse(self, status: int, code: str, sentence: str) -> None:
        """Answers unless an answer has begun, and closes the connection."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            answer = error(status, code, sentence)
            headers = [*answer.raw_headers, (b"request-id", self._request_id()), (b"connection", b"close")]
            for event in (
                h11.Response(status_code=status, headers=headers, reason=b""),
                h11.Data(data=bytes(answer.body)),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
        self._expect_taking()

    def _request_id(self) -> bytes:
        """Returns the id that the application gave to the request if it began, else the client's or a new one."""
        if self.conn.their_state is h11.SEND_BODY:
            return str(self.scope.get("request_id") or begin(self.headers)).encode()
        return begin(()).encode()

    def _expect_taking(self) -> None:
        """Gives the client time to take the written bytes, also before the connection is closed."""
        if self._taking_due is not None:
            self._taking_due.cancel()
        self._taking_due = self.loop.call_later(self.deadlines.answer_s, self.transport.abort)


def _counted(next_event: Callable[[], Any]) -> Callable[[], Any]:
    """Refuses a body in too many parts: reading a chunk of one byte costs as much as reading a large one."""
    parts = 0

    def counted() -> Any:
        nonlocal parts
        event = next_event()
        parts = parts + 1 if isinstance(event, h11.Data) else 0
        if parts > MOST_PARTS:
            raise h11.RemoteProtocolError("too many chunks", error_status_hint=413)
        return event

    return counted


_TOO_SLOW = "The request was not complete in time. Send it again without a pause."
