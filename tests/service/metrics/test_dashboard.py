"""The dashboard for Grafana shows metrics that there are, and all of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from service.docs_from_code.metrics import families

_DASHBOARD = Path(__file__).parents[3] / "docs" / "grafana-dashboard.json"
_NAME = re.compile(r"\bredledger_[a-z_]+")
_ENDINGS = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


def shown() -> set[str]:
    dashboard: dict[str, Any] = json.loads(_DASHBOARD.read_text(encoding="utf-8"))
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return {name for expression in expressions for name in _NAME.findall(expression)}


def series() -> dict[str, str]:
    """The names of all samples, each with the name of its metric."""
    return {family.name + ending: family.name for family in families() for ending in _ENDINGS[family.type]}


def test_every_name_of_the_dashboard_is_a_metric() -> None:
    assert shown()
    assert shown() - series().keys() == set()


def test_every_metric_is_on_the_dashboard() -> None:
    assert {family.name for family in families()} - {series()[name] for name in shown()} == set()
