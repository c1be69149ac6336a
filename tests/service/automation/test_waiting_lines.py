"""Lines of settlement reports that nobody knew: once what they settle is reported they are matched by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count, permutations
from pathlib import Path
from typing import Any

import pytest

from commands.unmatched.match_payment import Part
from projections.accounting.account_turnovers import AccountTurnovers
from projections.accounting.books_of_account import turnover_balance
from projections.reconciliation.psp_references import PspReferences
from projections.reconciliation.unsettled import unsettled
from projections.worklists.exceptions import Exceptions, exceptions
from service.adapters.psp.neutral_csv import read_neutral
from service.app import App
from service.automation.waiting_lines import WaitingLines
from service.intake.settlement_reports import import_report
from service.partner_facts.files import RawFile
from service.unmatched.items import match
from service.unmatched.payment_matches import PaymentMatcher
from tests.service.adapters.psp.reports import neutral
from tests.service.adapters.psp.test_importer import FAR
from tests.support.buses import PLATFORM, Desk, open_desk, publish_programme
from tests.support.sales import PROVIDER, merchant_ready, order_data
from tests.support.shops import app_of

_ids = count(1)


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        desk.clock.forward(days=20)
        yield desk


class Sale:
    """One order, what its provider says of it, and the reports that settle it; after each the timer looks."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.app, self.name = desk, app_of(desk), f"O-{next(_ids)}"
        desk.expect("place_order", **order_data(self.name))

    def captured(self) -> None:
        self.reported("report_payment_captured", capture_ref=f"ch-{self.name}", amount="USD 19.44")

    def given_back(self) -> None:
        order, refund_id = {"merchant_id": "M-1", "order_id": self.name}, f"R-{self.name}"
        self.desk.expect("cancel_order", **order, reason="out_of_stock", refund_id=refund_id)
        self.desk.expect("submit_refund", **order, refund_id=refund_id)
        said = {"attempt_id": f"{refund_id}.1", "psp_refund_ref": f"re-{self.name}", "outcome": "succeeded"}
        self.reported("report_refund_outcome", amount="USD 19.44", **said)

    def paid_out(self, amounts: str = "19.44,0.86,18.58", cash: str = "132.85", *, match: bool = False) -> int:
        return self._settled("charge", f"ch-{self.name}", amounts, cash, match=match)

    def taken_off(self) -> None:
        self._settled("refund", f"re-{self.name}", "-19.44,0.00,-19.44", "-139.00", match=False)

    def taken_off_by_capture(self) -> None:
        self._settled("refund", f"ch-{self.name}", "-19.44,0.00,-19.44", "-139.00", match=False)

    def reported(self, command: str, **data: Any) -> None:
        names = {"merchant_id": "M-1", "order_id": self.name, "psp": "stripe"}
        if command == "report_payment_captured":
            names["payment_id"] = f"pay-{data['capture_ref']}"
        self.desk.expect(command, actor=PROVIDER, **names, **data)
        look(self.app)

    def _settled(self, kind: str, reference: str, amounts: str, cash: str, *, match: bool) -> int:
        batch, rest = f"B-{kind}-{reference}", "2025-04-10,DEP-1"
        done = imported(
            self.app,
            f"{batch},bt-{kind}-{reference},{kind},{reference},,,USD,{amounts},7.1500,,{rest}",
            f"{batch},1,total,,,,USD,{amounts},,{cash},{rest}",
            match=match,
        )
        look(self.app)
        return done


def imported(app: App, *rows: str, match: bool = False) -> int:
    content = neutral(*rows)
    batches = read_neutral("r.csv", content, psp="stripe")
    return import_report(app, RawFile("r.csv", content), batches, psp="stripe", match=match).recorded


def look(app: App) -> int:
    app.catch_up([PspReferences(), Exceptions()])
    return WaitingLines(app).sweep()


def accounts(app: App) -> dict[str, int]:
    app.catch_up([AccountTurnovers()])
    return {f"{row.account} {row.currency}": row.closing_base.minor for row in turnover_balance(app.views).rows}


def open_breaks(app: App) -> list[tuple[str, str]]:
    app.catch_up([Exceptions()])
    return sorted((found.kind, found.actual) for found in exceptions(app.views))


STEPS: tuple[Callable[[Sale], object], ...] = (Sale.captured, Sale.given_back, Sale.paid_out, Sale.taken_off)
STEPS_BY_CAPTURE = (*STEPS[:-1], Sale.taken_off_by_capture)
ORDERS = [
    reported
    for steps in (STEPS, STEPS_BY_CAPTURE)
    for reported in permutations(steps)
    if reported.index(Sale.captured) < reported.index(Sale.given_back)
]


def test_captures_refunds_and_batches_come_to_the_same_books_and_breaks_in_any_order(desk: Desk) -> None:
    """Twelve sales, each reported in another order, and twelve whose refund line names the capture alone: every one
    adds the same to the books."""
    app = app_of(desk)
    before, added = accounts(app), []
    for reported in ORDERS:
        sale = Sale(desk)
        for step in reported:
            step(sale)
        after = accounts(app)
        added.append({name: moved for name in after if (moved := after[name] - before.get(name, 0))})
        before = after
    assert added[0].keys() == {"1010 CNY", "5130 USD"}
    assert [each for each in added if each != added[0]] == []
    assert (look(app), open_breaks(app), unsettled(app.views, before=FAR)) == (0, [], [])


@pytest.mark.parametrize(("amounts", "cash"), [("9.44,0.86,8.58", "61.35"), ("29.44,0.86,28.58", "204.35")])
def test_a_batch_that_pays_another_amount_opens_the_same_breaks_in_any_order(
    desk: Desk, amounts: str, cash: str
) -> None:
    app, first = app_of(desk), Sale(desk)
    first.captured()
    first.paid_out(amounts, cash)
    in_order, last = open_breaks(app), Sale(desk)
    last.paid_out(amounts, cash)
    last.captured()
    desk.clock.forward(days=1)
    look(app)
    assert open_breaks(app) == sorted(in_order * 2)


def test_a_line_of_a_capture_of_several_orders_waits_until_all_of_them_have_their_part(desk: Desk) -> None:
    app, first, second = app_of(desk), Sale(desk), Sale(desk)
    imported(
        app,
        "B-x,bt-x,charge,ch-x,,,USD,38.88,1.72,37.16,7.1500,,2025-04-10,DEP-1",
        "B-x,1,total,,,,USD,38.88,1.72,37.16,,265.69,2025-04-10,DEP-1",
    )
    first.reported("report_payment_captured", capture_ref="ch-x", amount="USD 19.44")
    assert open_breaks(app) == [("unmatched", "psp_line_extra")]
    second.reported("report_payment_captured", capture_ref="ch-x", amount="USD 19.44")
    assert (open_breaks(app), accounts(app).get("1110 USD", 0)) == ([], 0)


def test_a_refund_line_that_names_a_capture_of_several_orders_settles_the_refund_of_its_amount(desk: Desk) -> None:
    app, first, second = app_of(desk), Sale(desk), Sale(desk)
    for sale in (first, second):
        sale.reported("report_payment_captured", capture_ref="ch-x", amount="USD 19.44")
    imported(
        app,
        "B-x,bt-x,charge,ch-x,,,USD,38.88,1.72,37.16,7.1500,,2025-04-10,DEP-1",
        "B-x,bt-y,refund,ch-x,,,USD,-19.44,0.00,-19.44,7.1500,,2025-04-10,DEP-1",
        "B-x,2,total,,,,USD,19.44,1.72,17.72,,126.70,2025-04-10,DEP-1",
    )
    assert open_breaks(app) == [("unmatched", "psp_line_extra")]
    second.given_back()
    desk.clock.forward(hours=2)
    look(app)
    assert (open_breaks(app), accounts(app).get("1110 USD", 0)) == ([], 0)


def test_a_line_of_a_capture_that_waits_itself_follows_it_to_its_order(desk: Desk) -> None:
    app, sale = app_of(desk), Sale(desk)
    unmatched = {"psp": "stripe", "capture_ref": f"ch-{sale.name}"}
    desk.expect("report_unmatched_payment", actor=PROVIDER, amount="USD 19.44", **unmatched)
    sale.paid_out()
    assert [kind for kind, _ in open_breaks(app)] == ["unmatched", "unmatched"]
    parts = [Part(merchant_id="M-1", order_id=sale.name)]
    PaymentMatcher(desk.ledger, desk.bus).match(**unmatched, parts=parts, actor=PLATFORM, id="route-1")
    look(app)
    assert (open_breaks(app), accounts(app).get("1110 USD", 0)) == ([], 0)


def test_a_line_whose_order_nobody_knows_waits_and_nothing_is_asked_twice(desk: Desk) -> None:
    app = app_of(desk)
    Sale(desk).paid_out()
    heads = app.ledger.reader.heads()
    assert (look(app), app.ledger.reader.heads()) == (0, heads)


@pytest.mark.parametrize("body", [{}, {"file": {"name": "r.csv", "digest": "d"}}, {"gross": "much"}])
def test_a_line_that_says_too_little_waits_for_people_and_stands_in_no_other_lines_way(
    desk: Desk, body: dict[str, Any]
) -> None:
    app, sale = app_of(desk), Sale(desk)
    sale.paid_out()
    refs = {"batch_ref": "B-0", "kind": "charge", "reference": f"ch-{sale.name}"}
    said = {"system": "stripe", "reference": "bt-0", "kind": "psp_line_extra", "refs": refs, "body": body}
    desk.expect("report_unmatched_fact", actor=PROVIDER, **said)
    sale.captured()
    assert (accounts(app).get("1110 USD", 0), open_breaks(app)) == (0, [("unmatched", "psp_line_extra")])


def test_a_person_who_routes_the_file_does_what_the_timer_did(desk: Desk) -> None:
    app, sale = app_of(desk), Sale(desk)
    sale.paid_out()
    sale.captured()
    heads = app.ledger.reader.heads()
    assert (sale.paid_out(match=True), app.ledger.reader.heads()) == (0, heads)


def test_a_line_that_a_person_matches_with_an_order_is_settled_there(desk: Desk) -> None:
    """Both orders have the capture and a refund of the amount, and the line of the refund names nothing else."""
    orders = [Sale(desk), Sale(desk)]
    for each in orders:
        each.reported("report_payment_captured", capture_ref="ch-both", amount="USD 19.44")
    for each in orders:
        each.given_back()
    app, amounts = orders[1].app, "-19.44,0.00,-19.44"
    imported(
        app,
        f"B-1,bt-1,refund,ch-both,,,USD,{amounts},7.1500,,2025-04-10,DEP-1",
        f"B-1,1,total,,,,USD,{amounts},,-139.00,2025-04-10,DEP-1",
    )
    waits = (look(app), accounts(app)["1110 USD"])
    part = Part(merchant_id="M-1", order_id=orders[1].name)
    assert match(app, "stripe", "bt-1", [part], actor=PLATFORM).status == "recorded"
    assert waits[0] == 0
    assert accounts(app)["1110 USD"] == waits[1] + 13958  # the carrying amount of the refund
