"""A program: follows the events of a ledger, or the rows of a view, and keeps them in a notebook, until it is killed.

python -m tests.soak.reader http://127.0.0.1:8600 events.sqlite         (the access token is in SOAK_TOKEN)
python -m tests.soak.reader nats://n1:4222,nats://n2:4222 rows.sqlite payouts
"""

from __future__ import annotations

import os
import sys

from redledger.broker import Broker
from redledger.client import Client
from tests.soak.notebook import Notebook


def main(address: str, file: str, view: str = "") -> None:
    notebook = Notebook(file)
    is_broker = address.startswith("nats://")
    ledger = Broker(*address.split(",")) if is_broker else Client(address, os.environ["SOAK_TOKEN"])
    if view:
        for row in ledger.rows(view, after=notebook.place):
            notebook.copy(row)
    else:
        for event in ledger.events(after=notebook.place):
            notebook.note(event.id, event.book, event.position, event.stream, place=event.place)


if __name__ == "__main__":
    main(*sys.argv[1:])
