"""The carriers' own examples, out of the shared data; skipped where those are not there."""

from __future__ import annotations

import gzip
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(os.environ.get("REDLEDGER_SHARED", "../shared")) / "data" / "tracking_samples"


@cache
def lines(name: str) -> list[dict[str, Any]]:
    """The lines of one file."""
    file = FOLDER / name
    if not file.exists():
        pytest.skip(f"{file} is not there: REDLEDGER_SHARED says where the shared data are")
    text = gzip.decompress(file.read_bytes()).decode() if file.suffix == ".gz" else file.read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def body_of(line: dict[str, Any]) -> bytes:
    """Returns the body that the carrier or provider sent."""
    body = line["body"]
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()
