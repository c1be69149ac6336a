"""Writes the list of objects that the revisions of the log make: `python -m tests.golden.schema`, after each one."""

from __future__ import annotations

import json

from ledger.log.engine import writer_engine
from ledger.log.migrations import upgrade
from ledger.log.reader import Reader
from ledger.log.verification.schema import MADE, objects_of
from tests.support.postgres import QUICK, memory_folder, throwaway_server


def written(objects: dict[str, str]) -> str:
    """The text of the file."""
    return json.dumps(objects, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    with throwaway_server(QUICK, memory_folder()) as server:
        url = server.url("schema")
        upgrade(url)
        engine = writer_engine(url)
        MADE.write_text(written(objects_of(Reader(engine))), encoding="utf-8")
        engine.dispose()
