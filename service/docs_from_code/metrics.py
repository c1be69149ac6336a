"""Generates the document of metrics: every name with its type and its meaning, and how Prometheus reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from prometheus_client.metrics_core import Metric

from service.app import App
from service.docs_from_code.markdown import table
from service.http.application import make_application
from service.http.routes.metrics import READERS
from service.metrics.metrics import Metrics

_HEAD = f"""# Metrics

Made from the code by `python -m service.docs_from_code`.

`GET /metrics` answers in the text format of Prometheus. Without a token nothing but health is read, so Prometheus needs
an access token in one of the roles {", ".join(READERS)}. Open an account of its own in the role `service`, and give the
file with its token to Prometheus:

```yaml
scrape_configs:
  - job_name: redledger
    authorization:
      credentials_file: /etc/prometheus/redledger-token
    static_configs:
      - targets: ["127.0.0.1:8600"]
```

Counters and histograms count what this process has done since its start. The figures of books, views and loops are read
from the database when they are asked for, so they are the same from every process of a ledger. No metric names a
merchant, an order or a person. [grafana-dashboard.json](grafana-dashboard.json) is a dashboard over them for Grafana.

"""


def metrics() -> str:
    """Returns the text of `docs/metrics.md`."""
    rows = [(f"`{family.name}`", family.type, family.documentation) for family in families()]
    return _HEAD + table(("Metric", "Type", "Meaning"), sorted(rows)) + "\n"


def families() -> Iterator[Metric]:
    """Yields every metric, without values: no ledger is open."""
    counted = Metrics()
    yield from counted.registry.collect()
    for collector in make_application(cast(App, None)).state.collectors:
        yield from collector.describe()
