"""The observer that counts, and also makes the spans of commands, events, folds and deliveries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from time import time_ns

from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.util.types import AttributeValue

from ledger.log.observer import Answer
from ledger.log.rows import Attempt, Receipt, Recorded
from ledger.log.rows import Status as Receipts
from service.http.request_ids import current
from service.metrics.metrics import Metrics
from service.traces.ids import MadeIds, span_of_command, span_of_event, trace_of, under

_NANOSECONDS = 1_000_000_000


class TracedMetrics(Metrics):
    """Makes the spans when the work is done, so that nothing waits for them. What the sampler leaves out costs a hash.

    A span names no merchant, order or person, but for the ids within the scoped id of its command.
    """

    def __init__(self, provider: TracerProvider, ids: MadeIds) -> None:
        super().__init__()
        self._provider, self._ids = provider, ids
        self._tracer = provider.get_tracer("redledger")

    def submitted(self, answers: Sequence[Answer], *, seconds: float) -> None:
        super().submitted(answers, seconds=seconds)
        for answer in answers:
            if answer.command_id and self._is_sampled(trace := trace_of(answer.command_id)):
                self._ids.set(trace=trace, span=span_of_command(answer.command_id))
                says: dict[str, AttributeValue] = {
                    "command": answer.command,
                    "status": answer.status,
                    "code": answer.code,
                }
                says |= {"command_id": answer.command_id, "request_id": current()}
                is_fault = answer.status == "fault"
                self._span(answer.command, Context(), says, seconds, kind=SpanKind.SERVER, failed=is_fault)

    def appended(
        self, book: int, *, requests: int, attempts: Sequence[Attempt], receipts: Sequence[Receipt], seconds: float
    ) -> None:
        super().appended(book, requests=requests, attempts=attempts, receipts=receipts, seconds=seconds)
        for attempt, receipt in zip(attempts, receipts, strict=True):
            if receipt.status is Receipts.RECORDED and self._is_sampled(trace := trace_of(attempt.command_id)):
                parent = under(trace, span_of_command(attempt.command_id))
                for position, event in enumerate(attempt.events, receipt.first):
                    self._ids.set(span=span_of_event(book, position))
                    self._span(event.type, parent, {"book": book, "position": position}, seconds)

    def folded(self, views: Collection[str], events: Sequence[Recorded], *, seconds: float) -> None:
        super().folded(views, events, seconds=seconds)
        self._after("fold", events, {"views": sorted(views)}, seconds, SpanKind.CONSUMER)

    def delivered(self, to: str, events: Sequence[Recorded], *, seconds: float) -> None:
        super().delivered(to, events, seconds=seconds)
        self._after(f"deliver {to}", events, {}, seconds, SpanKind.PRODUCER)

    def trace_parent(self, event: Recorded) -> str:
        trace = trace_of(event.command_id)
        span = span_of_event(event.book, event.position)
        return f"00-{trace:032x}-{span:016x}-01" if self._is_sampled(trace) else ""

    def _after(
        self, name: str, events: Iterable[Recorded], says: Mapping[str, AttributeValue], seconds: float, kind: SpanKind
    ) -> None:
        for event in events:
            if self._is_sampled(trace := trace_of(event.command_id)):
                place: dict[str, AttributeValue] = {"event": event.type}
                place |= {"book": event.book, "position": event.position}
                parent = under(trace, span_of_event(event.book, event.position))
                self._span(name, parent, {**says, **place}, seconds, kind=kind)

    def _is_sampled(self, trace: int) -> bool:
        return self._provider.sampler.should_sample(Context(), trace, "").decision is Decision.RECORD_AND_SAMPLE

    def _span(
        self,
        name: str,
        parent: Context,
        says: Mapping[str, AttributeValue],
        seconds: float,
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        failed: bool = False,
    ) -> None:
        ended = time_ns()
        attributes = {f"redledger.{key}": value for key, value in says.items() if value != ""}
        started = ended - int(seconds * _NANOSECONDS)
        span = self._tracer.start_span(name, parent, kind, attributes, start_time=started)
        if failed:
            span.set_status(Status(StatusCode.ERROR))
        span.end(ended)
