"""The trace of a command: its events, folds and deliveries, as a collector gets them from a real service."""

from __future__ import annotations

import json
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest

from service.traces.ids import span_of_command, span_of_event, trace_of
from tests.support.collector import Collector, collecting
from tests.support.services import PATIENCE_S, Service, until

REQUEST = "request-of-the-test"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


class Traced(NamedTuple):
    """The end of a service that made traces, and what it wrote to its log."""

    spans: dict[str, Any]  # by name
    lines: list[dict[str, Any]]
    event: dict[str, Any]


@pytest.fixture(scope="module")
def traced(collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Traced:
    """A service with a follower of its events, to which one command was sent and which was ended then."""
    folder: Path = tmp_path_factory.mktemp("traced") / "data"
    service = Service(folder, "--otlp-endpoint", collector.address, "--log-format", "json")
    try:
        headers = {"Authorization": f"Bearer {service.token}", "Accept": "text/event-stream"}
        target = f"{service.address}/v1/events?after=now&type=merchant.enrolled"
        with httpx2.stream("GET", target, headers=headers, timeout=PATIENCE_S) as answer:
            assert answer.status_code == 200, answer.read()
            lines = answer.iter_lines()
            enrol(service)
            event = next(json.loads(line[len("data: ") :]) for line in lines if line.startswith("data: "))
        until(lambda: "fold" in spans_of(event, collector), what="the fold's span")
    finally:
        code = service.end(signal.SIGINT)
    assert code == 0, service.err
    return Traced(spans_of(event, collector), [json.loads(line) for line in service.err.splitlines()], event)


def enrol(service: Service) -> None:
    body = json.dumps({"data": {"merchant_id": "M-1"}}).encode()
    request = service.request("/v1/commands/enrol_merchant")
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k-1", "Request-Id": REQUEST}
    sent = urllib.request.Request(request.full_url, data=body, headers={**request.headers, **headers})
    with urllib.request.urlopen(sent, timeout=PATIENCE_S) as answer:
        assert answer.status == 200


def spans_of(event: dict[str, Any], collector: Collector) -> dict[str, Any]:
    """The spans of the event's command and of the event, by name."""
    trace, position = trace_of(event["data"]["command_id"]), int(event["sequence"])
    of_command = [span for span in list(collector.spans) if int.from_bytes(span.trace_id) == trace]
    return {span.name: span for span in of_command if attributes(span).get("redledger.position", position) == position}


def attributes(span: Any) -> dict[str, Any]:
    return {each.key: each.value.int_value or each.value.string_value for each in span.attributes}


def test_one_trace_leads_from_the_command_to_the_event_the_views_and_the_reader(traced: Traced) -> None:
    command, event = traced.spans["enrol_merchant"], traced.spans["merchant.enrolled"]
    assert set(traced.spans) == {"enrol_merchant", "merchant.enrolled", "fold", "deliver feed"}
    assert not command.parent_span_id
    assert event.parent_span_id == command.span_id
    assert {traced.spans[name].parent_span_id for name in ("fold", "deliver feed")} == {event.span_id}


def test_the_ids_are_made_of_the_command_and_of_the_event_s_place(traced: Traced) -> None:
    command, event = traced.spans["enrol_merchant"], traced.spans["merchant.enrolled"]
    assert int.from_bytes(command.span_id) == span_of_command(traced.event["data"]["command_id"])
    place = traced.event["book"], int(traced.event["sequence"])
    assert int.from_bytes(event.span_id) == span_of_event(*place)


def test_a_span_ends_after_it_began_and_after_the_command_was_received(traced: Traced) -> None:
    spans = traced.spans.values()
    assert all(span.start_time_unix_nano <= span.end_time_unix_nano for span in spans)
    received = traced.spans["enrol_merchant"].start_time_unix_nano
    assert all(span.end_time_unix_nano >= received for span in spans)


def test_a_span_of_a_command_names_its_request(traced: Traced) -> None:
    known = attributes(traced.spans["enrol_merchant"])
    assert (known["redledger.request_id"], known["redledger.status"]) == (REQUEST, "recorded")


def test_the_log_has_one_object_a_line_and_the_request_in_it(traced: Traced) -> None:
    (line,) = [each for each in traced.lines if each.get("request_id") == REQUEST]
    assert line["message"] == "POST /v1/commands/{name} 200"
    assert (line["level"], line["status"], line["route"]) == ("INFO", 200, "/v1/commands/{name}")
    assert line["timestamp"].endswith("+00:00")
