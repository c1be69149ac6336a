"""`redledger history`: an order step by step: each event, the order after it, the buyer's page then, and the journal
entry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.options import Format, FormatOption, takes_settings
from service.cli.output import print_json, print_text, show
from service.cli.timepoints import AsKnownAt, AsOfOption, answerable, day_of, instant_of
from service.cli.view_reads import one_order, reading
from service.failures import ServiceFailure
from service.settings import Settings
from service.tables.tables import HISTORY, HISTORY_ENTRY

if TYPE_CHECKING:
    from service.tracking.history import Step

# Names that repeat their place, what the entry below shows again, and what was fixed when the order was placed; the
# JSON form has it all.
_SAID_ELSEWHERE = re.compile(
    r"^(placed|name|merchant_id|order_id)\b|^lines\.[^.]+\.line\b|^payments\.allocation\b|^receivables\b"
    r"|\.(id|line_id|payment_id|capture_ref|refund_id|parcel_id|attempt_id|psp|psp_ref)$"
    r"|rate\.(as_of|base|kind|quote|source)$"
)


@takes_settings()
def history(
    settings: Settings,
    order: Annotated[str, typer.Argument(help="Id of the order, such as 2025-000017.")],
    at: Annotated[
        int | None, typer.Option(min=1, help="Only up to this step, with the full state of the order after it.")
    ] = None,
    merchant: Annotated[
        str | None, typer.Option(help="Merchant of the order, if several have an order of this id.")
    ] = None,
    as_of: AsOfOption = None,
    as_known_at: AsKnownAt = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Show what happened to an order, one event a step: reason, changes, the buyer's page then, and the journal
    entry; optionally up to an accounting day, or as known at an instant.

    Reads the log itself, not a view. Personal values stay sealed.
    """
    from service.tracking.history import history_of

    with reading(settings, order=order, merchant=merchant) as app, answerable(), one_order():
        day, instant = day_of(as_of), instant_of(as_known_at)
        found = history_of(app.ledger, order, merchant=merchant, upto=at, as_of=day, as_known_at=instant)
        steps = list(found)
    if not steps:
        raise ServiceFailure(f"Order {order} was not recorded at that time.")
    match format:
        case Format.JSON:
            print_json([step.as_json() for step in steps])
        case Format.CSV:
            show(HISTORY, [_flat(step) for step in steps], format)
        case Format.TABLE:
            for step in steps:
                _print_text(step)
            if at is not None:
                print_text(f"The order after step {steps[-1].recorded.version}", style="bold")
                print(json.dumps(steps[-1].state, indent=2, ensure_ascii=False))


def _print_text(step: Step) -> None:
    from service.tables.cells import instant_text

    recorded, axes = step.recorded, step.axes
    actor = json.loads(recorded.actor)
    print_text(
        f"{recorded.version}. {recorded.type} {instant_text(recorded.occurred_at)} by {actor['kind']} {actor['id']}"
        f" (book {recorded.book}, position {recorded.position})",
        style="bold",
    )
    print_text(f"payment {axes.payment} · fulfilment {axes.fulfilment} · after-sales {axes.after_sales}", indent=4)
    print_text(f"the buyer saw: {_seen(step.shown)}", indent=4)
    for name, why in step.reasons.items():
        print_text(f"{name}: {why}", indent=4)
    for path, value in _reported_of(step):
        print_text(f"{path}: {value}", indent=4)
    if step.entry:
        show(HISTORY_ENTRY, [_entry_line(line) for line in step.entry], Format.TABLE)
    print()


def _reported_of(step: Step) -> Iterator[tuple[str, str]]:
    """Returns the changes of the event that its place and its journal entry do not show."""
    from ledger.events.orders import OrderPlaced

    for path, value in step.changed.items():
        if not _SAID_ELSEWHERE.search(path):
            yield path, "–" if value is None else json.dumps(value, ensure_ascii=False).strip('"')
    for line in step.event["lines"] if step.recorded.type == OrderPlaced.name else ():
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


def _entry_line(line: dict[str, Any]) -> dict[str, Any]:
    from ledger.fx import CNY
    from ledger.journal.accounts import CHART
    from ledger.money import Money

    amount = Money(abs(line["amount"]), line["currency"])
    is_debit = line["amount"] > 0 or line["base"] > 0
    return {
        "account": f"{line['account']} {CHART[line['account']].title}",
        "debit": amount if is_debit else None,
        "credit": None if is_debit else amount,
        "base": Money(line["base"], CNY),
    }


def _flat(step: Step) -> dict[str, Any]:
    plain = step.as_json()
    del plain["state"], plain["changed"], plain["shown"]
    return plain
