"""The page that describes the addresses works without the internet."""

from __future__ import annotations

import re
from typing import Any, cast

from fastapi.testclient import TestClient

from service.app import App
from service.settings import Settings
from tests.service.http.test_connections import ORDINARY
from tests.support.access import application_for_reads

CLIENT = TestClient(application_for_reads(App(Settings(), ORDINARY, *[cast("Any", None)] * 3)))


def test_the_page_names_no_other_host_and_its_files_are_here() -> None:
    page = CLIENT.get("/docs")
    assert (page.status_code, re.findall(r"https?://|(?:src|href)=[\"']//", page.text)) == (200, [])
    files = re.findall(r"(?:src|href)=\"([^\"]+)\"", page.text)
    assert {each.rpartition(".")[2] for each in files} == {"css", "js", "png"}
    assert {CLIENT.get(each).status_code for each in files} == {200}
    assert '"validatorUrl": null' in page.text
    assert CLIENT.get(re.findall(r"url: '([^']+)'", page.text)[0]).json()["openapi"]
