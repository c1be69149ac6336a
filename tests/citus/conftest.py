"""The cluster of these tests, and single databases of it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.citus.moved_month import both, one
from tests.support.citus import VARIABLE, Cluster
from tests.support.postgres import Server

__all__ = ["both", "one"]  # fixtures
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips the tests of this folder without a cluster, before any fixture records a month for them."""
    if VARIABLE not in os.environ:
        for item in items:
            if item.path.is_relative_to(Path(__file__).parent):
                item.add_marker(pytest.mark.skip(f"needs a Citus cluster: {VARIABLE} names its coordinator"))


@pytest.fixture(autouse=True)
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """The cluster."""
    server: Server = request.getfixturevalue("postgres")
    assert isinstance(server, Cluster)
    return server


@pytest.fixture
def empty_url(cluster: Cluster) -> Iterator[str]:
    """A database of the cluster with nothing in it."""
    name = f"empty_{next(_numbers)}"
    yield cluster.url(name)
    cluster.drop(name)
