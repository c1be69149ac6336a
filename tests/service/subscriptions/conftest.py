"""A desk with policies, for subscriptions on a real ledger."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.buses import Desk, open_desk, publish_programme


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        yield desk
