"""The page of an order: its replay, one step at a time, with the buyer's page beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Query, Request
from fastapi.responses import Response

from ledger.limits import LARGEST_POSITION
from service.console.layout import shown
from service.console.page import Page
from service.console.records import Facts
from service.console.replay import balance_changes, buyer_page, locale_of, timeline_of
from service.failures import NotKnown

AXES = ("payment", "fulfilment", "after_sales")


async def picked_step(request: Request, step: Annotated[int | None, Query(ge=1, le=LARGEST_POSITION)] = None) -> None:
    """Reads the step that is shown; without it, the last one is."""
    request.state.step = step


def order_page(page: Page, values: Mapping[str, Any]) -> Response:
    """Returns the replay of the order at the picked step. Raises `NotKnown` for a step that it does not have."""
    order = values["order"]
    steps, step = _steps(page, values)
    number, merchant = step["step"], step["state"]["merchant_id"]
    buyer, trouble = buyer_page(page, step, order, merchant, locale_of(steps))

    def of_step(step: int | None) -> str:
        return page.linker.page(f"/orders/{order}/history", merchant=values["merchant"], step=step)

    return shown(
        page,
        "order.html",
        order=order,
        merchant=merchant,
        step=step,
        first=steps[0]["step"],
        last=steps[-1]["step"],
        timeline=timeline_of(page, steps, order, number),
        of_step=of_step,
        axes=[(page.language.label(each), page.language.label(getattr(step["axes"], each, "") or step["axes"][each]))
              for each in AXES],
        facts=_facts(page, step),
        changed=[(path, page.records.cells.of(value)) for path, value in step["changed"].items()],
        entry=page.records.grid(page.language.text("journal entry"), step["entry"]) if step["entry"] else None,
        balances=page.records.grid(page.language.text("Merchant balance"), list(balance_changes(page, step))),
        buyer=buyer,
        trouble=trouble,
    )  # fmt: skip


def _steps(page: Page, values: Mapping[str, Any]) -> tuple[Sequence[Mapping[str, Any]], Mapping[str, Any]]:
    """Returns all steps, and the picked one in detail; without a pick, the last one."""
    number = page.request.state.step
    steps = page.ask("history", **{**values, "detail_of": number or LARGEST_POSITION}).data
    if not steps:
        raise NotKnown(f"Order {values['order']} has no step at this time. Pick a later one.")
    step = next((each for each in steps if each["step"] == number), None) if number else steps[-1]
    if step is None:
        raise NotKnown(f"Order {values['order']} has {steps[-1]['step']} steps at this time, and no step {number}.")
    return steps, step


def _facts(page: Page, step: Mapping[str, Any]) -> Facts:
    names = ("occurred_at", "recorded_at", "actor", "source", "command_id", "event_id")
    plain = {name: step[name] for name in names} | step["reasons"]
    cells = [(page.language.label(name), page.records.cells.of(value, name, step)) for name, value in plain.items()]
    return Facts("", tuple((label, cell) for label, cell in cells if cell.sort != "none"))
