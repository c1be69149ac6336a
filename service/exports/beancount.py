"""Exports the journal for Beancount: every entry is a transaction at cost, and every account ends with a balance check.

Foreign amounts are held at their value in CNY (`69.44 USD {{498.58 CNY}}`), in accounts of their own currency with
booking method NONE: our entry decides the cost that leaves, not Beancount.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import TextIO

from ledger.deadlines import day_later
from ledger.fx import CNY
from ledger.log.rows import Recorded
from service.exports.postings import Balances, Place, Posting, postings_of

_ROOTS = {"asset": "Assets", "liability": "Liabilities", "revenue": "Income", "expense": "Expenses"}
_OPENED = "1970-01-01"  # before any accounting day, because a late event may have an earlier day than its predecessor
_HEAD = """option "title" "RedLedger"
option "operating_currency" "CNY"
option "inferred_tolerance_default" "*:0.000001"
"""
_SPECIAL = re.compile(r"[^A-Za-z0-9-]|-(?=x)")


def write_beancount(rows: Iterable[Recorded], out: TextIO) -> None:
    """Writes the journal of these events. `bean-check` accepts it."""
    out.write(_HEAD)
    balances, last = Balances(), date.fromisoformat(_OPENED)
    for row in rows:
        last = max(last, row.accounting_date)
        postings = postings_of(row)
        for posting in postings:
            if posting.place not in balances:
                out.write(_opening(posting.place))
            balances.add(posting)
        out.write(_transaction(row, postings))
    day_after = day_later(last, timedelta(days=1))
    for place, held in sorted(balances.items()):
        out.write(f"{day_after} balance {account_name(place)} {held.amount:f} {place.currency}\n")


def account_name(place: Place) -> str:
    """Returns the account's name, such as `Liabilities:2120:M-M-1:CNY`: type, code, merchant or provider,
    and currency.
    """
    parts = [_ROOTS[place.type], place.account]
    parts += [f"M-{_escaped(place.merchant)}"] if place.merchant else []
    parts += [f"P-{_escaped(place.psp)}"] if place.psp else []
    return ":".join([*parts, place.currency])


def _escaped(name: str) -> str:
    """Returns the name in letters, digits and dashes, different for every id."""
    return _SPECIAL.sub(lambda found: f"-x{ord(found[0]):02X}", name)


def _opening(place: Place) -> str:
    holds = "" if place.currency == CNY else ' "NONE"'
    currencies = CNY if place.currency == CNY else f"{place.currency},{CNY}"
    title = f'  title: "{place.title}"\n'
    return f"\n{_OPENED} open {account_name(place)} {currencies}{holds}\n{title}"


def _transaction(row: Recorded, postings: list[Posting]) -> str:
    lines = [
        f'\n{row.accounting_date} * "{row.type}" "{row.stream}"',
        f'  event: "{row.event_id}"',
        f"  book: {row.book}",
        f"  position: {row.position}",
    ]
    for posting in postings:
        for amount, currency, cost in posting.parts:
            at = f" {{{{{cost:f} {CNY}}}}}" if cost is not None else ""
            lines.append(f"  {account_name(posting.place)}  {amount:f} {currency}{at}")
            about = {"event": row.event_id} | posting.about
            lines += [f'    {name}: "{value}"' for name, value in about.items()]
    return "\n".join(lines) + "\n"
