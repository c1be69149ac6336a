"""A served console with a token of each role that is named like the role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, get_args

from service.access.gate import Bearer
from service.app import App
from service.console.application import with_console
from service.http.application import make_application
from service.questions.question import Role
from tests.support.access import HeldTokens
from tests.support.http_server import served


@contextmanager
def console_of(app: App, things: Mapping[str, Any]) -> Iterator[str]:
    """The address of the console, until the end of the block. The merchant and the buyer are those of `things`."""
    scopes = {"merchant": things["merchant"], "buyer": things["buyer"]}
    bearers = {role: Bearer(f"a-{role}", f"T-{role}", role, scopes.get(role)) for role in get_args(Role)}
    with served(with_console(make_application(app, gate=HeldTokens(bearers)))) as server:
        yield f"http://127.0.0.1:{server.port}"
