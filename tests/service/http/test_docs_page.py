"""The page that describes the addresses works without the internet."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient

from service.app import App
from service.http import application
from service.settings import Settings
from tests.service.http.test_connections import ORDINARY
from tests.support.access import application_for_reads
from tests.support.http_server import served

CLIENT = TestClient(application_for_reads(App(Settings(), ORDINARY, *[cast("Any", None)] * 3)))


def test_the_page_names_no_other_host_and_its_files_are_here() -> None:
    page = CLIENT.get("/docs")
    assert (page.status_code, re.findall(r"https?://|(?:src|href)=[\"']//", page.text)) == (200, [])
    files = re.findall(r"(?:src|href)=\"([^\"]+)\"", page.text)
    assert {each.rpartition(".")[2] for each in files} == {"css", "js", "png"}
    assert {CLIENT.get(each).status_code for each in files} == {200}
    assert '"validatorUrl": null' in page.text
    assert CLIENT.get(re.findall(r"url: '([^']+)'", page.text)[0]).json()["openapi"]


def test_while_the_document_is_made_others_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    begins, goes_on, times = Event(), Event(), list[int]()

    def slow(document: Any) -> Any:
        times.append(1)
        begins.set()
        assert goes_on.wait(30)
        return document

    monkeypatch.setattr(application, "completed", slow)
    app = App(Settings(), ORDINARY, *[cast("Any", None)] * 3)
    with served(application_for_reads(app)) as server, ThreadPoolExecutor() as pool:
        asked = [pool.submit(server.ask, "/openapi.json") for _ in range(5)]
        try:
            assert begins.wait(30)
            assert server.ask("/healthz")[0] == 200
        finally:
            goes_on.set()
        assert [each.result()[0] for each in asked] == [200] * 5
    assert len(times) == 1
