"""The history of an order, for people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from service.cli.options import Format
from service.cli.output import print_text, show
from service.tables.tables import HISTORY, HISTORY_ENTRY

if TYPE_CHECKING:
    from service.questions.asked import Answer
    from service.questions.shapes import EntryLine

# Names that repeat their place, what the entry below shows again, and what was fixed when the order was placed; the
# JSON form has it all.
_SAID_ELSEWHERE = re.compile(
    r"^(placed|name|merchant_id|order_id)\b|^lines\.[^.]+\.line\b|^payments\.allocation\b|^receivables\b"
    r"|\.(id|line_id|payment_id|capture_ref|refund_id|parcel_id|attempt_id|psp|psp_ref)$"
    r"|rate\.(as_of|base|kind|quote|source)$"
)


def print_history(answer: Answer, format: Format, *, at: int | None) -> None:
    """Prints the steps of an order; with `at`, also the full state after the last of them."""
    steps: list[Mapping[str, Any]] = answer.data
    if format is Format.CSV:
        show(HISTORY, steps, format)
        return
    for step in steps:
        _print_text(step)
    if at is not None:
        print_text(f"The order after step {steps[-1]['step']}", style="bold")
        print(json.dumps(steps[-1]["state"], indent=2, ensure_ascii=False))


def _print_text(step: Mapping[str, Any]) -> None:
    from service.tables.cells import instant_text

    actor, axes = step["actor"], step["axes"]
    print_text(
        f"{step['step']}. {step['type']} {instant_text(step['occurred_at'])} by {actor['kind']} {actor['id']}"
        f" (book {step['book']}, position {step['position']})",
        style="bold",
    )
    states = (axes["payment"], axes["fulfilment"], axes["after_sales"])
    print_text("payment {} · fulfilment {} · after-sales {}".format(*states), indent=4)
    if step["state"]:  # with `detail_of`, one step alone has it, and the buyer's page
        print_text(f"the buyer saw: {_seen(step['shown'])}", indent=4)
    for name, why in step["reasons"].items():
        print_text(f"{name}: {why}", indent=4)
    for path, value in _reported_of(step):
        print_text(f"{path}: {value}", indent=4)
    if step["entry"]:
        show(HISTORY_ENTRY, [_entry_line(line) for line in step["entry"]], Format.TABLE)
    print()


def _reported_of(step: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Returns the changes of the event that its place and its journal entry do not show."""
    from ledger.events.orders import OrderPlaced

    for path, value in step["changed"].items():
        if not _SAID_ELSEWHERE.search(path):
            yield path, "–" if value is None else json.dumps(value, ensure_ascii=False).strip('"')
    for line in step["event"]["lines"] if step["type"] == OrderPlaced.name else ():
        yield f"{line['line_id']}, {line['qty']} × {line['title_shown']}", _prices(line)


def _seen(shown: Mapping[str, Any] | None) -> str:
    """Returns the buyer's page in one line: the order, its parcels with the after-sales options, and its refunds."""
    if shown is None:
        return "nothing"
    parcels = [f"{parcel['parcel_id']} {parcel['text']}{_may_ask(parcel)}" for parcel in shown["parcels"]]
    refunds = [f"refund {refund['refund_id']} {refund['state'].replace('_', ' ')}" for refund in shown["refunds"]]
    return " · ".join((shown["text"] + _may_ask(shown), *parcels, *refunds))


def _may_ask(part: Mapping[str, Any]) -> str:
    from service.tables.cells import instant_text

    after_sales = part["after_sales"]
    if after_sales["options"]:
        return f" (may ask: {', '.join(after_sales['options'])})"
    return f" (locked until {instant_text(at)})" if (at := after_sales["lock_ends_at"]) else ""


def _prices(line: dict[str, Any]) -> str:
    from ledger.money import Money

    return f"{Money(**line['unit_list'])}, quoted at {Money(**line['unit_reference'])}"


def _entry_line(line: EntryLine) -> dict[str, Any]:
    from ledger.journal.accounts import CHART

    amount = line.amount if line.amount.minor >= 0 else -line.amount
    is_debit = line.amount.minor > 0 or line.base.minor > 0
    return {
        "account": f"{line.account} {CHART[line.account].title}",
        "debit": amount if is_debit else None,
        "credit": None if is_debit else amount,
        "base": line.base,
    }
