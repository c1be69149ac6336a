"""The way of the spans to a collector, if the settings name one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec

from service.failures import ServiceFailure
from service.metrics.metrics import Metrics
from service.settings import Settings

_PATH = "/v1/traces"  # of OTLP over HTTP


@contextmanager
def observing(settings: Settings) -> Iterator[Metrics]:
    """Yields the observer of the process. It makes spans only if the settings name a collector.

    Raises `ServiceFailure` if they do and OpenTelemetry is not installed.
    """
    if not settings.otlp_endpoint:
        yield Metrics()
        return
    if find_spec("opentelemetry.sdk") is None:
        raise ServiceFailure("Traces need OpenTelemetry: pip install 'redledger[tracing]'.")
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from service.traces.ids import MadeIds
    from service.traces.traced import TracedMetrics

    ids = MadeIds()
    resource = Resource.create({"service.name": "redledger", "service.version": version("redledger")})
    provider = TracerProvider(id_generator=ids, resource=resource, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=settings.otlp_endpoint.rstrip("/") + _PATH)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    try:
        yield TracedMetrics(provider, ids)
    finally:
        provider.shutdown()
