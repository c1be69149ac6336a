"""Ids of traces and spans that every process makes alike, so that no event has to carry them.

The trace of a command is made of the command's scoped id, and the span of an event of its place. So a view, a relay or
a webhook in another process, or years later, continues the trace of the command that recorded an event.
"""

from __future__ import annotations

from hashlib import sha256
from threading import local

from opentelemetry.context import Context
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context


def trace_of(command_id: str) -> int:
    """Returns the id of the trace of a command, by its scoped id."""
    return _number(f"command {command_id}", 16)


def span_of_command(command_id: str) -> int:
    """Returns the id of the span of a command, which is the root of its trace."""
    return _number(f"span {command_id}", 8)


def span_of_event(book: int, position: int) -> int:
    """Returns the id of the span of an event, in the trace of its command."""
    return _number(f"event {book} {position}", 8)


def _number(text: str, size: int) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:size]) or 1  # zero is no id


def under(trace: int, span: int) -> Context:
    """Returns the context of a span that somebody else made, so that another becomes its child."""
    flags = TraceFlags(TraceFlags.SAMPLED)
    return set_span_in_context(NonRecordingSpan(SpanContext(trace, span, is_remote=True, trace_flags=flags)))


class MadeIds(RandomIdGenerator):
    """Gives the ids that were set for the next span of this thread, and random ones otherwise."""

    def __init__(self) -> None:
        self._next = local()

    def set(self, *, span: int, trace: int = 0) -> None:
        """Sets the id of the next span, and of the trace that it begins."""
        self._next.span, self._next.trace = span, trace

    def generate_span_id(self) -> int:
        """Returns the id of a new span."""
        made, self._next.span = getattr(self._next, "span", 0), 0
        return made or super().generate_span_id()

    def generate_trace_id(self) -> int:
        """Returns the id of a new trace."""
        made, self._next.trace = getattr(self._next, "trace", 0), 0
        return made or super().generate_trace_id()
