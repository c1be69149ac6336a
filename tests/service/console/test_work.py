"""Work in the console: queues worked by plain forms, each with a preview and a confirmation under one's own name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from service.access.gate import Bearer
from service.console.application import with_console
from service.console.session import COOKIE
from service.http.application import make_application
from tests.service.console.conftest import field_in, keeps_to_itself, signed_in
from tests.support.access import HeldTokens, bearing
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.sales import BUYER, PROVIDER, merchant_ready, paid
from tests.support.shops import app_of

PEOPLE = {
    "mei": Bearer("mei", "T-1", "merchant", "M-1"),
    "sue": Bearer("sue", "T-2", "support"),
    "sam": Bearer("sam", "T-3", "support"),
    "fay": Bearer("fay", "T-4", "finance"),
    "fred": Bearer("fred", "T-5", "finance"),
}
Form = dict[str, str]


class Shop:
    """A ledger with a refund that waits for its first round, and browsers of the people who may decide on it."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.app = desk, app_of(desk)
        self.application: FastAPI = with_console(make_application(self.app, gate=HeldTokens(PEOPLE)))

    def browser(self, name: str) -> TestClient:
        return signed_in(self.application, name)

    def form(self, client: TestClient, command: str, queue: str = "approvals") -> Form:
        """The fields of the form behind the first link of a queue."""
        self.app.catch_up()
        shown = client.get(f"/console/{queue}").text
        link = re.search(rf'href="(/console/commands/{command}\?[^"]*)"', shown)
        assert link, f"no row of {queue} can be worked by {command}"
        return hidden_in(client.get(unescape(link[1])).text, "data-form")

    @property
    def events(self) -> int:
        return sum(self.app.ledger.reader.heads().values())


def hidden_in(page: str, mark: str) -> Form:
    """The hidden fields of a form."""
    form = page.split(mark)[1].split("</form>")[0]
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)}


def post(client: TestClient, command: str, fields: Form, *, confirm: bool = False) -> tuple[int, str]:
    sent = fields | ({"confirm": "yes"} if confirm else {})
    answer = client.post(f"/console/commands/{command}", data=sent, follow_redirects=True)
    return answer.status_code, answer.text


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Shop]:
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        paid(desk)
        desk.expect(
            "request_refund", actor=BUYER, merchant_id="M-1", order_id="O-1", refund_id="R-1", reason="changed_mind"
        )
        yield Shop(desk)


def test_two_people_approve_a_refund_in_two_rounds(shop: Shop) -> None:
    for name in ("mei", "sue"):
        client = shop.browser(name)
        status, preview = post(client, "approve_refund", shop.form(client, "approve_refund"))
        assert (status, "data-preview" in preview, f"<strong>{name}</strong>" in preview) == (200, True, True)
        status, done = post(client, "approve_refund", hidden_in(preview, "data-confirm"), confirm=True)
        assert (status, 'data-done="recorded"' in done, f"<strong>{name}</strong>" in done) == (200, True, True)
    shop.app.catch_up()
    assert "/console/commands/" not in shop.browser("sue").get("/console/approvals").text


def test_a_preview_records_nothing_and_shows_staff_what_would_be_recorded(shop: Shop) -> None:
    client = shop.browser("mei")
    _, preview = post(client, "reject_refund", shop.form(client, "reject_refund") | {"reason": "worn"})
    before = shop.events
    _, again = post(client, "reject_refund", hidden_in(preview, "data-confirm"))
    assert (shop.events, "refund.rejected" in again) == (before, True)


def test_a_second_click_is_answered_as_the_first_and_says_so(shop: Shop) -> None:
    client = shop.browser("mei")
    fields = shop.form(client, "approve_refund")
    _, first = post(client, "approve_refund", fields, confirm=True)
    before = shop.events
    status, second = post(client, "approve_refund", fields, confirm=True)
    assert (status, shop.events, "sent before" in first, "sent before" in second) == (200, before, False, True)


def test_of_two_people_who_decide_the_same_case_the_second_is_refused_with_the_reason(shop: Shop) -> None:
    merchant = shop.browser("mei")
    assert post(merchant, "approve_refund", shop.form(merchant, "approve_refund"), confirm=True)[0] == 200
    sue, sam = shop.browser("sue"), shop.browser("sam")
    one, two = shop.form(sue, "approve_refund"), shop.form(sam, "reject_refund") | {"reason": "worn"}
    assert post(sue, "approve_refund", one, confirm=True)[0] == 200
    status, page = post(sam, "reject_refund", two, confirm=True)
    assert (status, 'role="alert"' in page, "data-done" in page) == (409, True, False)
    assert 'value="worn"' in page, "what was typed stays"


def test_no_address_shows_what_was_typed_and_no_other_session_opens_it(shop: Shop) -> None:
    client = shop.browser("mei")
    fields = shop.form(client, "reject_refund") | {"reason": "worn", "note": "a private note"}
    for confirm in ({}, {"confirm": "yes"}):
        answer = client.post("/console/commands/reject_refund", data=fields | confirm)
        address = answer.headers["location"]
        assert (answer.status_code, "worn" in address, "private" in address) == (303, False, False)
        assert client.get(address).status_code == 200
        other = shop.browser("sue").get(address)
        assert (other.status_code, "FORM_NOT_OURS" in other.text, "worn" in other.text) == (403, True, False)


def test_a_result_that_nobody_got_has_no_page(shop: Shop) -> None:
    client = shop.browser("mei")
    for query in ("", "?draft=x", "?status=recorded&book=1&first=1&last=1"):
        assert client.get(f"/console/commands/approve_refund/result{query}").status_code == 403, query


@pytest.mark.parametrize("there", ["/commands/{}/result", "/commands/reject_refund", "/bulk/{}", "/bulk/{}/result"])
def test_a_draft_opens_the_page_alone_that_it_was_made_for(shop: Shop, there: str) -> None:
    client = shop.browser("mei")
    sent = client.post("/console/commands/approve_refund", data=shop.form(client, "approve_refund"))
    draft = sent.headers["location"].partition("?")[2]
    assert client.get(f"/console/commands/approve_refund?{draft}").status_code == 200
    assert client.get(f"/console{there.format('approve_refund')}?{draft}").status_code == 403


def test_a_form_whose_address_would_be_too_long_has_its_preview_all_the_same(shop: Shop) -> None:
    client = shop.browser("mei")
    fields = shop.form(client, "reject_refund") | {"reason": "worn", "note": "é" * 1_000}
    status, page = post(client, "reject_refund", fields)
    assert (status, "data-preview" in page) == (200, True)


def test_a_proposal_takes_another_person_than_who_made_it(shop: Shop) -> None:
    lines = [{"account": account, "side": side, "amount": "CNY 3.00"}
             for account, side in (("5130", "debit"), ("1010", "credit"))]  # fmt: skip
    about: dict[str, Any] = {
        "command": "post_adjustment",
        "data": {"adjustment_id": "A-1", "lines": lines},
        "reason": "found",
    }
    made = shop.desk.ask("propose", actor=PEOPLE["fay"].actor, proposal_id="A-1", **about)
    assert made.is_accepted, made.sentence
    for name, expected in (("fay", (409, True, False)), ("fred", (200, False, True))):
        client = shop.browser(name)
        fields = shop.form(client, "approve_proposal", "proposals")
        status, page = post(client, "approve_proposal", fields, confirm=True)
        assert (status, 'data-problem="MAKER_IS_CHECKER"' in page, 'data-done="recorded"' in page) == expected


def test_a_session_that_ends_in_the_middle_of_a_form_keeps_the_form_and_sends_nothing(shop: Shop) -> None:
    client = shop.browser("mei")
    fields = shop.form(client, "reject_refund") | {"reason": "worn", "note": "seen by <b>mei</b>"}
    client.cookies.delete(COOKIE)
    before = shop.events
    status, door = post(client, "reject_refund", fields, confirm=True)
    assert (status, "data-sign-in" in door) == (401, True)
    kept = client.post("/console/sign-in", data=hidden_in(door, "data-sign-in") | {"token": "mei"})
    assert (kept.status_code, shop.events) == (200, before)
    again = hidden_in(kept.text, "data-kept")
    assert {name: again[name] for name in ("reason", "note", "key", "refund_id")} == {
        name: fields[name] for name in ("reason", "note", "key", "refund_id")
    }
    status, preview = post(client, "reject_refund", again)
    assert (status, "data-preview" in preview, shop.events) == (200, True, before)
    assert post(client, "reject_refund", hidden_in(preview, "data-confirm"), confirm=True)[0] == 200


def test_a_command_that_another_page_sends_is_refused(shop: Shop) -> None:
    client = shop.browser("mei")
    fields, before = shop.form(client, "approve_refund"), shop.events
    for proof in ("", "wrong", field_in(shop.browser("sue").get("/console/approvals").text, "proof")):
        status, page = post(client, "approve_refund", fields | {"proof": proof}, confirm=True)
        assert (status, "FORM_NOT_OURS" in page, shop.events) == (403, True, before)


@pytest.mark.parametrize(
    ("name", "command", "status"),
    [("fay", "approve_refund", 403), ("mei", "resolve_break", 403), ("sue", "place_order", 404), ("sue", "x", 404)],
)
def test_a_command_that_the_menu_does_not_give_to_a_role_has_no_page(
    shop: Shop, name: str, command: str, status: int
) -> None:
    client = shop.browser(name)
    assert client.get(f"/console/commands/{command}").status_code == status
    proof = field_in(client.get("/console/approvals").text, "proof")
    assert post(client, command, {"proof": proof}, confirm=True)[0] == status


def test_the_past_is_not_worked_on(shop: Shop) -> None:
    shop.app.catch_up()
    queue: Callable[[str], str] = lambda query: shop.browser("mei").get(f"/console/approvals{query}").text  # noqa: E731
    assert "/console/commands/" in queue("")
    assert "/console/commands/" not in queue("?as_of=2026-01-01")


def test_a_form_without_what_it_needs_is_shown_again_with_the_reason(shop: Shop) -> None:
    client = shop.browser("mei")
    status, page = post(client, "reject_refund", shop.form(client, "reject_refund"))
    assert (status, 'role="alert"' in page, 'name="reason"' in page) == (422, True, True)


def test_a_list_as_csv_is_the_list_of_the_programs(shop: Shop) -> None:
    """On a ledger of its own, because an export is recorded."""
    shop.app.catch_up()
    ours = shop.browser("fay").get("/console/audit?format=csv&merchant=M-1")
    assert (ours.status_code, ours.headers["content-disposition"]) == (200, 'attachment; filename="audit.csv"')
    keeps_to_itself(ours)
    programs = TestClient(shop.application).get("/v1/audit?format=csv&merchant=M-1", headers=bearing("fay"))
    assert ours.text == programs.text
    assert ours.text.count("\n") > 3


def test_an_approved_refund_that_is_not_sent_is_listed_at_home_and_sent_by_support(shop: Shop) -> None:
    about = {"merchant_id": "M-1", "order_id": "O-1", "refund_id": "R-1"}
    for round, name in ((1, "mei"), (2, "sam")):
        shop.desk.expect("approve_refund", actor=PEOPLE[name].actor, round=round, **about)
    client = shop.browser("sue")
    shop.app.catch_up()
    part = client.get("/console/").text.split('id="unsent-refunds"')[1].split("</section>")[0]
    assert ("/console/commands/submit_refund?" in part, '<span class="word">nothing</span>' in part) == (True, True)
    _, preview = post(client, "submit_refund", shop.form(client, "submit_refund", "unsent-refunds"))
    status, done = post(client, "submit_refund", hidden_in(preview, "data-confirm"), confirm=True)
    assert (status, 'data-done="recorded"' in done) == (200, True)
    shop.app.catch_up()
    assert "/console/commands/submit_refund?" not in client.get("/console/unsent-refunds").text


def unmatched_payments(shop: Shop, number: int) -> None:
    for n in range(number):
        about = {"psp": "stripe", "capture_ref": f"ch-{n}", "amount": "USD 5.00"}
        shop.desk.expect("report_unmatched_payment", actor=PROVIDER, **about)
    shop.app.catch_up()


def bulk(client: TestClient, command: str, rows: list[str], **fields: str) -> str:
    proof = field_in(client.get("/console/exceptions").text, "proof")
    answer = client.post(
        f"/console/bulk/{command}", data={"row": rows, "proof": proof, **fields}, follow_redirects=True
    )
    assert answer.status_code == 200, answer.text
    return answer.text


def rows_of(page: str) -> list[str]:
    return [unescape(value) for value in re.findall(r'name="row"[^>]* value="([^"]+)"', page)]


def test_many_rows_are_worked_with_one_preview_and_an_answer_to_each(shop: Shop) -> None:
    unmatched_payments(shop, 3)
    client = shop.browser("fay")
    chosen = rows_of(client.get("/console/exceptions").text)
    form = bulk(client, "assign_break", chosen)
    assert (len(chosen), len(rows_of(form)), 'name="owner"' in form) == (3, 3, True)
    before = shop.events
    preview = bulk(client, "assign_break", [*chosen, "in_stream=order/M-1/O-1&break_id=none"], owner="fay", asked="yes")
    assert (preview.count('data-answer="200"'), preview.count('data-answer="409"'), shop.events) == (3, 1, before)
    rows, sent = rows_of(preview), {"key": field_in(preview, "key"), "owner": "fay", "confirm": "yes"}
    done = bulk(client, "assign_break", rows, **sent)
    assert (len(rows), done.count('data-answer="200"'), shop.events) == (3, 3, before + 3)
    again = bulk(client, "assign_break", rows, **sent)
    assert (again.count("sent before"), done.count("sent before"), shop.events) == (3, 0, before + 3)
    shop.app.catch_up()
    assert client.get("/console/exceptions").text.count('<bdi class="id">fay</bdi>') == 3


def test_the_preview_and_the_result_of_many_rows_have_addresses_that_record_nothing(shop: Shop) -> None:
    unmatched_payments(shop, 3)
    client = shop.browser("fay")
    page = client.get("/console/exceptions").text
    work: dict[str, Any] = {"row": rows_of(page), "proof": field_in(page, "proof"), "owner": "fay", "asked": "yes"}
    preview = client.post("/console/bulk/assign_break", data=work)
    work["key"] = field_in(client.get(preview.headers["location"]).text, "key")
    done, recorded = client.post("/console/bulk/assign_break", data=work | {"confirm": "yes"}), shop.events
    shown = [client.get(answer.headers["location"]) for answer in (done, done, preview)]
    assert [each.status_code for each in shown] == [200, 200, 200]
    assert [each.text.count('data-answer="200"') for each in shown] == [3, 3, 3]
    assert ("data-done" in shown[1].text, shown[2].text.count("sent before"), shop.events) == (True, 3, recorded)
    stranger = shop.browser("fred").get(done.headers["location"])
    assert (stranger.status_code, "ch-0" in stranger.text) == (403, False)


def test_work_that_is_too_long_for_an_address_is_answered_all_the_same(shop: Shop) -> None:
    client = shop.browser("fay")
    rows = [f"in_stream=order/M-1/O-1&break_id={uuid4().hex}" for _ in range(200)]
    preview = bulk(client, "assign_break", rows, owner="fay", asked="yes")
    assert ("data-preview" in preview, preview.count('data-answer="409"')) == (True, 200)


def test_a_session_that_ends_in_the_middle_of_work_on_many_rows_keeps_each_row(shop: Shop) -> None:
    unmatched_payments(shop, 3)
    client = shop.browser("fay")
    chosen, before = rows_of(client.get("/console/exceptions").text), shop.events
    client.cookies.delete(COOKIE)
    door = client.post("/console/bulk/assign_break", data={"row": chosen, "owner": "fay", "confirm": "yes"}).text
    kept = {"kept.row": [unescape(value) for value in re.findall(r'name="kept.row" value="([^"]+)"', door)]}
    form = client.post("/console/sign-in", data={**kept, "kept.owner": "fay", "token": "fay"}).text
    assert (rows_of(form), field_in(form, "owner"), 'name="confirm"' in form) == (chosen, "fay", False)
    assert (len(chosen), shop.events) == (3, before)


def test_no_row_of_many_is_sent_without_what_the_command_needs(shop: Shop) -> None:
    unmatched_payments(shop, 1)
    client, before = shop.browser("fay"), shop.events
    chosen = rows_of(client.get("/console/exceptions").text)
    page = bulk(client, "assign_break", chosen, owner="", confirm="yes")
    assert ("data-done" in page, shop.events) == (False, before)


def test_an_unmatched_capture_is_matched_with_an_order(shop: Shop) -> None:
    unmatched_payments(shop, 1)
    client = shop.browser("sue")
    fields = shop.form(client, "match_payment", "unmatched") | {"merchant_id": "M-1", "order_id": "O-1"}
    status, preview = post(client, "match_payment", fields)
    assert (status, "unmatched.match_planned" in preview) == (200, True)
    typed = hidden_in(preview, "data-confirm")
    assert (typed["merchant_id"], typed["order_id"]) == ("M-1", "O-1")
    status, done = post(client, "match_payment", typed, confirm=True)
    assert (status, 'data-done="recorded"' in done) == (200, True)
    shop.app.catch_up()
    assert "planned" in client.get("/console/unmatched").text
