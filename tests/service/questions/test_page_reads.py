"""Lists with a cursor: a page reads its own rows, however long the list is, and the pages are the list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from commands.settlement.issue_statement import IssueStatement
from ledger.actors import Actor
from ledger.fx import CNY
from ledger.money import Money
from service.access.tokens import create_token
from service.app import App
from service.questions.asked import answer_to
from service.questions.question import Question
from service.questions.registry import QUESTIONS
from tests.support.access import ADMIN, open_accounts
from tests.support.buses import PLATFORM, Desk, open_desk, publish_programme
from tests.support.month import Values, blank, values_in
from tests.support.postgres import Server, clone
from tests.support.read_tally import counted
from tests.support.sales import BUYER, merchant_ready, owner_of, paid, sent, signed
from tests.support.shops import app_of
from tests.support.subscribers import subscribe

_ENOUGH = 3  # rows of a list, of which a page of one leaves a row unread
_DESK = Actor(kind="platform", id="cs", role="support")
# Lists of which the month has too few rows, with values to ask for them: a ledger is made for them.
_MADE: dict[str, dict[str, Any]] = {
    "next-releases": {},
    "statements": {"merchant": "M-1"},
    "approvals": {},
    "unsent-refunds": {},
    "accounts": {},
    "tokens": {},
    "subscriptions": {},
}
# Lists that are read whole, or by a test of their own.
_NOT_READ = {
    "expected-money": "its rows are sums by provider, kind and currency",
    "deliveries": "tests/service/webhooks/test_sender.py reads a page of them",
}
_PAGED = {name: each for name, each in QUESTIONS.items() if each.is_paged and name not in _NOT_READ}


class Lists:
    """The ledgers whose lists are read: the month, and the made one."""

    def __init__(self, month: App, made: App) -> None:
        self._month, self._made = month, made
        self._values: Values = values_in(month)

    def of(self, question: Question) -> tuple[App, dict[str, Any]]:
        """Returns the app with a list of this question, and the values to ask for it."""
        if question.name in _MADE:
            return self._made, blank(question) | _MADE[question.name]
        grace = {"grace_days": 0} if question.name == "reconciliation" else {}
        return self._month, self._values(question) | grace


@pytest.fixture(scope="module")
def lists(month_app: App, postgres: Server, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lists]:
    with open_desk(clone(postgres, template, "lists"), tmp_path_factory.mktemp("lists")) as desk:
        publish_programme(desk)
        for number in range(1, 5):
            _record(desk, number)
        app = app_of(desk)
        app.catch_up()
        yield Lists(month_app, app)


def _record(desk: Desk, number: int) -> None:
    """Records a row for each of the lists."""
    merchant, order, unsent = f"M-{number}", {"order_id": "O-1"}, {"order_id": "O-2"}
    merchant_ready(desk, merchant)
    for of_order, refund in ((order, "R-1"), (unsent, "R-2")):
        paid(desk, of_order["order_id"], merchant)
        about = {"merchant_id": merchant, "refund_id": refund, **of_order}
        if of_order is order:
            sent(desk, "O-1", merchant)
            signed(desk, "O-1", merchant)
        desk.expect("request_refund", actor=BUYER, reason="damaged" if of_order is order else "changed_mind", **about)
    desk.expect("approve_refund", actor=owner_of(merchant), round=1, **about)
    desk.expect("approve_refund", round=2, actor=_DESK, **about)
    _issue_statement(desk, number)
    account = f"a-{number}"
    open_accounts(desk.bus, account)
    create_token(desk.bus, account_id=account, role="finance", by=ADMIN, expires_at=desk.clock() + timedelta(days=9))
    subscribe(desk, f"s-{number}", account=account)
    desk.clock.forward(hours=1)


def _issue_statement(desk: Desk, number: int) -> None:
    nothing = Money.zero(CNY)
    issued = IssueStatement(
        id=f"statement-{number}",
        actor=PLATFORM,
        merchant_id="M-1",
        statement_id=f"S-{number}",
        book=desk.ledger.directory.book_of("M-1"),
        after_position=number - 1,
        upto_position=number,
        period_to=desk.clock(),
        opening=nothing,
        closing=nothing,
        lines_hash="0" * 64,
    )
    (outcome,) = desk.bus.submit([issued])
    assert outcome.status == "recorded", outcome


@pytest.mark.parametrize("question", _PAGED.values(), ids=_PAGED)
def test_a_page_leaves_the_rest_of_the_list_unread(lists: Lists, question: Question) -> None:
    app, asked = lists.of(question)
    rows, read = len(answer_to(question, app, asked).data), list[int]()
    assert rows >= _ENOUGH
    for limit in (1, rows):
        with counted(app.ledger.engine) as tally:
            answer_to(question, app, asked | {"limit": limit})
        read.append(tally.rows)
    assert read[1] - read[0] >= rows - 2, f"a page of one reads {read[0]} rows, and all {rows} read {read[1]}"


@pytest.mark.parametrize("question", _PAGED.values(), ids=_PAGED)
@pytest.mark.parametrize("limit", [1, 2, 7])
def test_the_pages_are_the_list(lists: Lists, question: Question, limit: int) -> None:
    app, asked = lists.of(question)
    whole = answer_to(question, app, asked | {"limit": 12 * limit}).data
    assert [row for page in _pages(app, question, asked | {"limit": limit}) for row in page] == whole


def _pages(app: App, question: Question, asked: dict[str, Any]) -> Iterator[list[Any]]:
    for _ in range(12):
        answer = answer_to(question, app, asked)
        yield answer.data
        if answer.next is None:
            return
        asked = asked | {"after": answer.next}
