"""Browsers of the console, over the small trading month: each signed in as one role."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any, get_args

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from service.access.gate import Bearer
from service.app import App
from service.console.application import with_console
from service.console.edge import HEADERS
from service.http.application import make_application
from service.questions.question import Role
from tests.support.access import HeldTokens

ROLES: tuple[Role, ...] = get_args(Role)
SIGN_IN = "/console/sign-in"
Browser = Callable[[str], TestClient]


@pytest.fixture(scope="session")
def application(month_app: App, of_month: dict[str, Any]) -> FastAPI:
    """The service with the console, and a token of each role that is named like the role."""
    scopes = {"merchant": of_month["merchant"], "buyer": of_month["buyer"]}
    bearers: dict[str, Bearer] = {role: Bearer(f"a-{role}", f"T-{role}", role, scopes.get(role)) for role in ROLES}
    return with_console(make_application(month_app, gate=HeldTokens(bearers)))


@pytest.fixture(scope="session")
def browser(application: FastAPI) -> Browser:
    """Opens a browser that is signed in as a role; as nobody without one."""
    return lambda role: signed_in(application, role)


def signed_in(application: FastAPI, token: str) -> TestClient:
    """A browser with a session of this token, or without one."""
    client = TestClient(application, raise_server_exceptions=False, follow_redirects=False)
    if token:
        answer = client.post(SIGN_IN, data={"token": token, "next": "/console/"})
        assert answer.status_code == 303, answer.text
    return client


def keeps_to_itself(answer: Response) -> None:
    """The answer has each header that keeps a page to itself, once."""
    assert {name.decode(): answer.headers.get_list(name.decode()) for name in HEADERS} == {
        name.decode(): [value.decode()] for name, value in HEADERS.items()
    }


def links_in(page: str) -> list[str]:
    """The addresses of a page's links."""
    return [unescape(href) for href in re.findall(r'href="([^"#]*)"', page)]


def field_in(page: str, name: str) -> str:
    """The value of a hidden field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"the page has no field {name}"
    return unescape(found[1])
