"""The receiver of the documents keeps each event once, and refuses what is not signed."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from service.webhooks.signature import new_secret, signed_headers

SECRET = new_secret()
BODY = '{"type":"order.placed"}'


@contextmanager
def _running(folder: Path) -> Iterator[str]:
    command = [sys.executable, "examples/webhook_receiver.py", "0", str(folder / "events.sqlite")]
    environment = os.environ | {"WEBHOOK_SECRET": SECRET}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/hook"
        finally:
            process.kill()


def _post(url: str, id: str, secret: str) -> int:
    headers = signed_headers(id, BODY, at=datetime.now(UTC), secrets=[secret])
    with urlopen(Request(url, BODY.encode(), headers), timeout=30) as answer:
        return int(answer.status)


def test_the_receiver_of_the_documents_keeps_each_event_once_and_nothing_else(tmp_path: Path) -> None:
    with _running(tmp_path) as url:
        assert [_post(url, each, SECRET) for each in ("a", "b", "a")] == [204] * 3
        with pytest.raises(HTTPError, match="401"):
            _post(url, "c", new_secret())
    with closing(sqlite3.connect(tmp_path / "events.sqlite")) as database:
        assert database.execute("SELECT id, type FROM events").fetchall() == [
            ("a", "order.placed"),
            ("b", "order.placed"),
        ]
