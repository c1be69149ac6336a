"""Links over the small trading month: from a payout down to an event and its entry, and back up to itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any, get_args, get_type_hints
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from pydantic import BaseModel

from service.app import App
from service.questions.answer_models import class_named
from service.questions.asked import answer_to
from service.questions.envelope import envelope
from service.questions.links import LINKS
from service.questions.question import Question, Role
from service.questions.reader import Reader
from service.questions.registry import QUESTIONS

Json = Any


class Walker:
    """Reads the addresses of links, as a reader in one role."""

    def __init__(self, app: App, reader: Reader | None = None) -> None:
        self.app, self.reader = app, reader

    def read(self, address: str) -> Json:
        """The data at an address. Raises what the question raises, and `LookupError` if no question has the address."""
        parts = urlsplit(address)
        for question in QUESTIONS.values():
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", "/v1" + question.path)
            if match := re.fullmatch(pattern, parts.path):
                given = {name: unquote(value) for name, value in match.groupdict().items()}
                return self.ask(question, **given, **dict(parse_qsl(parts.query)))
        raise LookupError(address)

    def ask(self, question: Question, **given: Any) -> Json:
        values = {each.name: each.default for each in question.parameters} | given
        return envelope(self.app, question, answer_to(question, self.app, values, reader=self.reader))["data"]


@pytest.fixture
def walker(month_app: App) -> Walker:
    return Walker(month_app)


@pytest.fixture
def payout(walker: Walker) -> Json:
    """A payout of a settlement run."""
    return next(row for row in walker.ask(QUESTIONS["payouts"], limit=500) if row["run_id"])


def followed(walker: Walker, found: Json, *names: str) -> Json:
    """The thing at the end of a path of links."""
    for name in names:
        found = walker.read(found["links"][name])
    return found


def test_a_payout_leads_down_to_an_event_with_its_entry_and_back_to_itself(walker: Walker, payout: Json) -> None:
    statement = followed(walker, payout, "statement")
    event = followed(walker, statement["lines"][0], "event")
    assert event["entry"]
    (again,) = followed(walker, event, "statement", "payouts")
    assert again == payout


def test_a_payout_leads_to_its_run_and_the_run_to_its_payouts_and_statements(walker: Walker, payout: Json) -> None:
    run = followed(walker, payout, "settlement_run")
    assert payout in followed(walker, run, "payouts")
    assert payout["statement_id"] in {each["statement_id"] for each in followed(walker, run, "statements")}


def test_a_payout_leads_to_the_event_that_initiated_it_and_back(walker: Walker, payout: Json) -> None:
    assert followed(walker, payout, "event", "payout") == payout


def test_a_statement_leads_to_the_event_that_issued_it_and_back(walker: Walker, payout: Json) -> None:
    statement = followed(walker, payout, "statement")
    assert followed(walker, statement, "event", "statement") == statement


def test_every_line_of_a_statement_has_an_event_that_leads_back_to_it(walker: Walker, payout: Json) -> None:
    statement = followed(walker, payout, "statement")
    for line in statement["lines"]:
        event = followed(walker, line, "event")
        assert event["statement_id"] == statement["statement_id"]


def test_a_journal_line_leads_to_its_event_and_the_event_to_its_lines(walker: Walker, payout: Json) -> None:
    line = walker.ask(QUESTIONS["lines"], merchant=payout["merchant"], limit=1)[0]
    event = followed(walker, line, "event")
    assert line["account"] in {each["account"] for each in event["entry"]}
    assert line in followed(walker, event, "lines")


def test_an_event_is_read_by_its_book_and_position_too(walker: Walker, payout: Json) -> None:
    event = followed(walker, payout, "event")
    assert walker.read(f"/v1/events/{event['book']}:{event['position']}") == event


@pytest.mark.parametrize("role", ["merchant", "finance", "support"])
def test_a_reader_gets_no_link_that_its_role_may_not_follow(month_app: App, payout: Json, role: Role) -> None:
    walker = Walker(month_app, Reader(role, payout["merchant"] if role == "merchant" else None))
    for address in addresses(walker.ask(QUESTIONS["payouts"])):
        walker.read(address)  # or it raises


def test_what_search_finds_can_be_read_by_who_found_it(month_app: App, payout: Json) -> None:
    for reader in (Reader("support"), Reader("merchant", payout["merchant"])):
        walker = Walker(month_app, reader)
        found = walker.ask(QUESTIONS["search"], q=payout["payout_id"][:4])
        assert all("self" in thing["links"] for thing in found)
        for address in addresses(found):
            walker.read(address)


def test_every_class_with_links_is_in_an_answer() -> None:
    named = {kind.__name__ for question in QUESTIONS.values() for kind in classes_in(class_named(question.answer))}
    assert LINKS.keys() <= named


def addresses(found: Json) -> Iterator[str]:
    """The addresses of all links in an answer."""
    if isinstance(found, dict):
        yield from found.get("links", {}).values()
    for each in found.values() if isinstance(found, dict) else found if isinstance(found, list) else ():
        yield from addresses(each)


def classes_in(kind: Any) -> Iterator[type]:
    """The class and the classes of its fields, at any depth."""
    if isinstance(kind, type) and (is_dataclass(kind) or issubclass(kind, BaseModel)):
        yield kind
        for hint in get_type_hints(kind).values():
            yield from classes_in(hint)
    for part in get_args(kind):
        yield from classes_in(part)
