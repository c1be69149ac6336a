"""Keeps a copy of the balances of a RedLedger in a SQLite file, for as long as it runs:

    python balances_copy.py http://127.0.0.1:8600 balances.sqlite    (the access token is in REDLEDGER_TOKEN)

The place in the feed is saved in the transaction that writes the row, so it may be killed at any moment.
"""

import os
import sqlite3
import sys

from redledger.client import Client, ViewChanged

TABLES = """
CREATE TABLE IF NOT EXISTS place (one INTEGER PRIMARY KEY CHECK (one = 1), text TEXT);
CREATE TABLE IF NOT EXISTS balances (
    book INTEGER, row TEXT, merchant TEXT, account TEXT, currency TEXT, amount INTEGER, base INTEGER,
    PRIMARY KEY (book, row)
);
"""


def follow(url: str, token: str, copy: sqlite3.Connection) -> None:
    found = copy.execute("SELECT text FROM place").fetchone()
    with Client(url, token) as ledger:
        for row in ledger.rows("merchant_balances", table="account_balances", after=found[0] if found else None):
            columns = [row.values[name] for name in ("merchant", "account", "currency", "amount", "base")]
            with copy:
                copy.execute(
                    "INSERT OR REPLACE INTO balances VALUES (?, ?, ?, ?, ?, ?, ?)", (row.book, row.key, *columns)
                )
                copy.execute("INSERT OR REPLACE INTO place VALUES (1, ?)", (row.place,))


def main(url: str, file: str) -> None:
    copy = sqlite3.connect(file)
    copy.executescript(TABLES)
    while True:
        try:
            follow(url, os.environ["REDLEDGER_TOKEN"], copy)
        except ViewChanged:  # begin a new copy
            with copy:
                copy.execute("DELETE FROM balances")
                copy.execute("DELETE FROM place")


if __name__ == "__main__":
    main(*sys.argv[1:])
