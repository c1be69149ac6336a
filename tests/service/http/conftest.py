"""A client of the application, over the small trading month."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from service.app import App
from tests.support.access import reader_of


@pytest.fixture(scope="session")
def client(month_app: App) -> Iterator[TestClient]:
    with reader_of(month_app) as client:
        yield client
