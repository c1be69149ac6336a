"""A client of the application, over the small trading month."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from service.app import App
from service.http.application import make_application


@pytest.fixture(scope="session")
def client(month_app: App) -> Iterator[TestClient]:
    with TestClient(make_application(month_app), raise_server_exceptions=False) as client:
        yield client
