"""A program: follows the events of a ledger by Server-Sent Events and keeps them in a notebook, until it is killed.

python -m tests.soak.reader http://127.0.0.1:8600 events.sqlite    (the access token is in SOAK_TOKEN)
"""

from __future__ import annotations

import os
import sys

from redledger.client import Client
from tests.soak.notebook import Notebook


def main(address: str, file: str) -> None:
    notebook = Notebook(file)
    with Client(address, os.environ["SOAK_TOKEN"]) as ledger:
        for event in ledger.events(after=notebook.place):
            notebook.note(event.id, event.book, event.position, event.stream, place=event.place)


if __name__ == "__main__":
    main(*sys.argv[1:])
