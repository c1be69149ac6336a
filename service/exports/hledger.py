"""Exports the journal for hledger: every entry is a transaction at cost, and the file ends with all balances."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TextIO

from ledger.currencies import exponent_of
from ledger.fx import CNY
from ledger.log.rows import Recorded
from service.exports.postings import Balances, Place, Posting, postings_of

_ROOTS = {"asset": "assets", "liability": "liabilities", "revenue": "revenues", "expense": "expenses"}


def write_hledger(rows: Iterable[Recorded], out: TextIO) -> None:
    """Writes the journal of these events. `hledger check --strict` accepts it."""
    out.write("; RedLedger\ndecimal-mark .\n")
    balances, currencies, last = Balances(), set[str](), date.min
    for row in rows:
        last = max(last, row.accounting_date)
        postings = postings_of(row)
        for posting in postings:
            out.write(_declared(posting.place, balances, currencies))
            balances.add(posting)
        out.write(_transaction(row, postings))
    if balances:
        out.write(_assertions(balances, last))


def account_name(place: Place) -> str:
    """Returns the name, such as `liabilities:2120 Merchant payable – available:M-1:CNY`. Colons in ids are replaced,
    because they separate account levels.
    """
    names = [name.replace(":", "%3A") for name in (place.merchant, place.psp) if name]
    return ":".join([_ROOTS[place.type], f"{place.account} {place.title}", *names, place.currency])


def _declared(place: Place, balances: Balances, currencies: set[str]) -> str:
    text = ""
    for currency in (CNY, place.currency):
        if currency not in currencies:
            currencies.add(currency)
            text += f"commodity 1000.{'0' * exponent_of(currency)} {currency}\n"
    return text + (f"account {account_name(place)}\n" if place not in balances else "")


def _transaction(row: Recorded, postings: list[Posting]) -> str:
    lines = [f"\n{row.accounting_date} * ({row.book}/{row.position}) {row.type} | {row.stream}"]
    for posting in postings:
        about = ", ".join(f"{name}:{value}" for name, value in ({"event": row.event_id} | posting.about).items())
        for amount, currency, cost in posting.parts:
            at = f" @@ {cost:f} {CNY}" if cost is not None else ""
            lines.append(f"    {account_name(posting.place)}  {amount:f} {currency}{at}  ; {about}")
    return "\n".join(lines) + "\n"


def _assertions(balances: Balances, last: date) -> str:
    lines = [f"\n{last} * what each account comes to"]
    for place, held in sorted(balances.items()):
        lines.append(f"    {account_name(place)}  0 {place.currency} = {held.amount:f} {place.currency}")
    return "\n".join(lines) + "\n"
