"""A ledger of a test's own in which no view was ever made, and its views."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ledger.ledger import Ledger
from projections.engine.views import Views
from tests.support.view_history import NoKeys


@pytest.fixture
def ledger(bare_database_url: str) -> Iterator[Ledger]:
    with Ledger.open(bare_database_url, keys=NoKeys(), books=4) as opened:
        yield opened


@pytest.fixture
def views(ledger: Ledger) -> Views:
    return Views(ledger.engine, ledger.reader)
