"""The counters and histograms of the process: commands, appends, timers and requests, in a registry of its own."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Collection, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from ledger.log.observer import Answer, Observer
from ledger.log.rows import Attempt, Receipt, Recorded, Status

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SIZES = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000)


class Metrics(Observer):
    """Counts what it hears. A process has one; the composition root makes it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._commands = self._counter("commands", "Commands by command and status.", "command", "status")
        self._refusals = self._counter("refusals", "Refused commands by code.", "code")
        self._conflicts = self._counter("conflicts", "Commands decided again, because an event came between.")
        self._batches = self._histogram("submitted_commands", "Commands of one call of the bus.", buckets=_SIZES)
        self._submits = self._histogram("submit_seconds", "Time from a call of the bus to its answers.")
        self._events = self._counter("appended_events", "Events by book.", "book")
        self._appends = self._histogram("append_seconds", "Time of one append.")
        self._merged = self._histogram("append_requests", "Requests that shared one append.", buckets=_SIZES)
        self._failed = self._counter("failed_appends", "Appends that failed, by the trouble of the database.", "code")
        self._folds = self._histogram("fold_seconds", "Time of one transaction in which views folded new events.")
        self._folded = self._counter("folded_events", "New events that were read for a view that follows.", "view")
        self._delivered = self._counter("delivered_events", "New events that were handed over, by receiver.", "to")
        self._deliveries = self._histogram("delivery_seconds", "Time of one hand-over of new events.", "to")
        self._sweeps = self._histogram("timer_sweep_seconds", "Time of one sweep of a timer, by timer.", "timer")
        self._failures = self._counter("timer_failures", "Sweeps that failed as a whole, by timer.", "timer")
        self._timed = self._counter("timer_commands", "Commands that timers recorded, by timer.", "timer")
        says = "Positions that a view or a feed noticed as skipped, by view or feed. It stopped there."
        self._skipped = self._counter("positions_skipped", says, "reader")
        says = "Positions that a view or a feed noticed as repeated, by view or feed. It stopped there."
        self._repeated = self._counter("positions_repeated", says, "reader")
        says = "Events that subscriptions leased, and that members acknowledged or gave back."
        self._subscribed = self._counter("subscription_events", says, "subscription", "outcome")
        self._webhooks = self._counter("webhooks", "Posts of webhooks by outcome.", "subscription", "outcome")
        says = "1 while the circuit breaker of an endpoint is open: it gets one probe at a time."
        self._circuits = Gauge("redledger_webhook_circuit_open", says, ("subscription",), registry=self.registry)
        self._posts = self._histogram("webhook_seconds", "Time of one post of a webhook.", "subscription")
        says = "Time from a request to the beginning of its answer, by method, route and status."
        self._requests = self._histogram("http_request_seconds", says, "method", "route", "status")

    def _counter(self, name: str, says: str, *labels: str) -> Counter:
        return Counter(f"redledger_{name}", says, labels, registry=self.registry)

    def _histogram(self, name: str, says: str, *labels: str, buckets: Sequence[float] = _SECONDS) -> Histogram:
        return Histogram(f"redledger_{name}", says, labels, registry=self.registry, buckets=buckets)

    def submitted(self, answers: Sequence[Answer], *, seconds: float) -> None:
        counts = Counts((each.command, each.status, each.code) for each in answers)
        for (command, status, code), times in counts.items():
            self._commands.labels(command, status).inc(times)
            if status == "refused":
                self._refusals.labels(code).inc(times)
        self._batches.observe(len(answers))
        self._submits.observe(seconds)

    def conflicted(self, commands: int) -> None:
        self._conflicts.inc(commands)

    def appended(
        self, book: int, *, requests: int, attempts: Sequence[Attempt], receipts: Sequence[Receipt], seconds: float
    ) -> None:
        answered = zip(attempts, receipts, strict=True)
        events = sum(len(attempt.events) for attempt, receipt in answered if receipt.status is Status.RECORDED)
        self._events.labels(str(book)).inc(events)
        self._appends.observe(seconds)
        self._merged.observe(requests)

    def folded(self, views: Collection[str], events: Sequence[Recorded], *, seconds: float) -> None:
        self._folds.observe(seconds)
        for view in views:
            self._folded.labels(view).inc(len(events))

    def delivered(self, to: str, events: Sequence[Recorded], *, seconds: float) -> None:
        self._delivered.labels(to).inc(len(events))
        self._deliveries.labels(to).observe(seconds)

    def append_failed(self, code: str) -> None:
        self._failed.labels(code).inc()

    def swept(self, timer: str, *, recorded: int, failed: bool, seconds: float) -> None:
        self._sweeps.labels(timer).observe(seconds)
        self._timed.labels(timer).inc(recorded)
        self._failures.labels(timer).inc(failed)

    def out_of_sequence(self, reader: str, *, skipped: int, repeated: int) -> None:
        self._skipped.labels(reader).inc(skipped)
        self._repeated.labels(reader).inc(repeated)

    def subscription_changed(self, subscription: str, outcome: str, *, events: int) -> None:
        self._subscribed.labels(subscription, outcome).inc(events)

    def webhook_posted(self, subscription: str, outcome: str, *, seconds: float) -> None:
        self._webhooks.labels(subscription, outcome).inc()
        self._posts.labels(subscription).observe(seconds)

    def circuit_changed(self, subscription: str, *, is_open: bool) -> None:
        self._circuits.labels(subscription).set(is_open)

    def requested(self, method: str, route: str, status: int, *, seconds: float) -> None:
        """A request to a route has its answer."""
        self._requests.labels(method, route, str(status)).observe(seconds)
