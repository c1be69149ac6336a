"""Tables of a real Stripe account, as a warehouse keeps them: every row is read, or refused with its reason."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from commands.menu import MENU
from ledger.fx import CNY
from ledger.money import Money
from projections.accounting.account_turnovers import AccountTurnovers
from projections.accounting.books_of_account import turnover_balance
from projections.worklists.exceptions import Exceptions, exceptions
from service.adapters.psp.stripe_events import read_event
from service.adapters.psp.stripe_report import read_stripe
from service.app import App
from service.formats.bad_file import BadFile
from service.intake.settlement_reports import import_report
from service.partner_facts.files import RawFile
from service.partner_facts.payments import ProviderFact
from service.partner_facts.settlement import ReportBatch
from tests.service.adapters.psp.reports import stripe
from tests.support.buses import open_desk, publish_programme
from tests.support.sales import PROVIDER, merchant_ready
from tests.support.shops import app_of

Shared = Callable[[str], Path]
Row = dict[str, str]
RATES = {"USD": "7.1500"}


@pytest.fixture
def table(shared_data: Shared) -> Callable[[str], list[Row]]:
    def read(name: str) -> list[Row]:
        path = shared_data(f"psp_samples/stripe_tables/{name}_data.csv")
        return list(csv.DictReader(path.read_text().splitlines()))

    return read


def dollars(minor: str) -> str:
    return f"{Money(int(minor), 'USD').decimal:f}"


def reported(row: Row, payout: str) -> str:
    """A balance transaction as the payout reconciliation report has it."""
    amounts = ",".join(dollars(row[name]) for name in ("amount", "fee", "net"))
    day, source = row["available_on"], row["source"]
    charge = source if row["type"] == "charge" else ""
    return (
        f"{payout},{day},{row['id']},{day},{day},{row['currency']},{amounts},{row['type']},{source},a text,{charge},,,"
    )


def read(*rows: str) -> list[ReportBatch]:
    return read_stripe("report.csv", stripe(*rows), rates=RATES)


def test_every_balance_transaction_is_in_its_payout_or_in_none_yet(table: Callable[[str], list[Row]]) -> None:
    rows = table("balance_transaction")
    paid = [row for row in rows if row["payout_id"]]
    batches = read(*(reported(row, row["payout_id"]) for row in paid))
    lines = [line.psp_ref for batch in batches for line in batch.lines]
    assert sorted(lines) == sorted(row["id"] for row in paid if row["type"] != "payout")
    waiting = [row for row in rows if not row["payout_id"]]
    for row in waiting:
        with pytest.raises(BadFile, match="line 2: it is in no payout yet"):
            read(reported(row, ""))
    assert (len(rows), len(lines), len(waiting)) == (9, 6, 2), "the ninth is the payout itself"


def test_a_payout_that_its_lines_do_not_come_to_is_refused(table: Callable[[str], list[Row]]) -> None:
    """The table of payouts and that of their transactions are of different days: not one of them ties."""
    known = {row["id"]: row for row in table("balance_transaction")}
    amounts = {row["id"]: row["amount"] for row in table("payout")}
    said = Counter[str]()
    for link in table("payout_balance_transaction"):
        row, payout = known.get(link["balance_transaction_id"]), link["payout_id"]
        if row is None:
            said["no such transaction"] += 1
            continue
        minus = str(-int(amounts[payout]))
        whole = row | {"id": f"{payout}-itself", "type": "payout", "amount": minus, "fee": "0", "net": minus}
        with pytest.raises(BadFile, match=f"the payout {payout} is USD"):
            read(reported(row, payout), reported(whole, payout))
        said["does not tie"] += 1
    assert said == {"does not tie": 9, "no such transaction": 6}


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[App]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        yield app_of(desk)


def test_captures_that_were_recorded_are_settled_by_their_payouts_to_the_cent(
    app: App, table: Callable[[str], list[Row]]
) -> None:
    rows = [row for row in table("balance_transaction") if row["payout_id"]]
    charges = [row for row in rows if row["type"] == "charge"]
    captured = [
        MENU["report_payment_captured"].command.model_validate(
            {
                "id": f"c-{row['id']}",
                "actor": PROVIDER,
                "merchant_id": "M-1",
                "order_id": f"O-{number}",
                "payment_id": row["source"],
                "psp": "stripe",
                "capture_ref": row["source"],
                "amount": Money(int(row["amount"]), "USD"),
            }
        )
        for number, row in enumerate(charges)
    ]
    assert {outcome.status for outcome in app.bus.submit(captured)} == {"recorded"}
    content = stripe(*(reported(row, row["payout_id"]) for row in rows))
    file = RawFile("report.csv", content)
    summary = import_report(app, file, read_stripe(file.name, content, rates=RATES), psp="stripe")
    app.catch_up([Exceptions()])
    assert (summary.recorded, summary.refused, exceptions(app.views)) == (12, 0, ()), "six lines, six payouts"
    assert receivable(app) == (0, 0)


def receivable(app: App) -> tuple[int, int]:
    """Returns the balance of 1110 in cents and in fen."""
    app.catch_up([AccountTurnovers()])
    rows = [row for row in turnover_balance(app.views).rows if row.account == "1110"]
    return sum(row.closing.minor for row in rows), sum(row.closing_base.minor for row in rows)


@pytest.mark.parametrize(("name", "expected"), [("charge", 16), ("refund", 4), ("dispute", 12)])
def test_every_object_is_a_fact_of_its_amount(table: Callable[[str], list[Row]], name: str, expected: int) -> None:
    rows = table(name)
    facts = [fact_of(name, row) for row in rows]
    assert len(facts) == expected
    assert [fact.amount for fact in facts] == [Money(int(row["amount"]), "USD") for row in rows]
    assert all(fact.kind != "other" and row["id"] in fact.names for fact, row in zip(facts, rows, strict=True))


def fact_of(name: str, row: Row) -> ProviderFact:
    """The event that Stripe sends of such an object."""
    created = int(datetime.fromisoformat(row["created"]).replace(tzinfo=UTC).timestamp())
    found: dict[str, Any] = {key: value or None for key, value in row.items()}
    found |= {"object": name, "amount": int(row["amount"]), "charge": row.get("charge_id"), "metadata": {}}
    found["captured"] = row.get("captured", "").upper() == "TRUE"
    types = {"refund": "refund.created", "dispute": "charge.dispute.created"}
    type = types.get(name) or ("charge.failed" if row["status"] == "failed" else "charge.captured")
    return read_event({"id": f"evt_{row['id']}", "type": type, "created": created, "data": {"object": found}})


def test_what_the_account_was_charged_is_no_orders(table: Callable[[str], list[Row]]) -> None:
    """Fees by transaction: as lines of their own they are the batch's."""
    rows = table("fee")
    said = [
        {"id": row["balance_transaction_id"], "amount": f"-{row['amount']}", "fee": "0", "net": f"-{row['amount']}"}
        | {"available_on": "2021-01-24 00:00:00", "currency": row["currency"], "type": "fee", "source": ""}
        for row in rows
        if int(row["amount"]) >= 0
    ]
    (batch,) = read(*(reported(row, "po_fees") for row in said))
    assert (len(rows), len(batch.lines), {line.kind for line in batch.lines}) == (13, 13, {"fee"})
    assert sum(line.net.minor for line in batch.lines) == -sum(int(row["amount"]) for row in rows)


def test_an_amount_that_the_bank_got_is_taken_as_it_is(table: Callable[[str], list[Row]]) -> None:
    (row,) = (each for each in table("balance_transaction") if each["source"] == "ch_0IT7ugig6peNXzgDh9iGZed7")
    received = Money.of("1341.27", CNY)
    (batch,) = read_stripe("r.csv", stripe(reported(row, "po_1")), rates=RATES, received=received)
    assert (batch.cash, str(batch.lines[0].net)) == (received, "USD 187.59")
