"""The cluster of these tests, and single databases of it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import pytest

from tests.citus.moved_month import both, one
from tests.support.citus import VARIABLE, Cluster
from tests.support.postgres import Server

__all__ = ["both", "one"]  # fixtures
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """The cluster. Without one, the test is skipped."""
    if VARIABLE not in os.environ:
        pytest.skip(f"needs a Citus cluster: {VARIABLE} names its coordinator")
    server: Server = request.getfixturevalue("postgres")
    assert isinstance(server, Cluster)
    return server


@pytest.fixture
def empty_url(cluster: Cluster) -> Iterator[str]:
    """A database of the cluster with nothing in it."""
    name = f"empty_{next(_numbers)}"
    yield cluster.url(name)
    cluster.drop(name)
