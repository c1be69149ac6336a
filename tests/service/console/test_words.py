"""Words: each label and each value of a closed list reads as people speak, in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeGuard, get_args

import pytest

import commands
from commands.reconciliation.flag_missing_line import MissingKind
from commands.reconciliation.flag_stuck import StuckKind
from ledger.events.milestones import MILESTONES
from projections.accounting.order_contribution import ELEMENTS
from projections.registry import PROJECTIONS
from service.console.navigation import DIFFERENCE, OPERATIONS, VERIFICATION
from service.console.words import WORD_FIELDS, WORDS
from tests.service.console import messages
from tests.service.console.conftest import Browser
from tests.support.console_pages import paths

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
# The short words of labels. An abbreviation is none: it has a line in `service/console/words.py`.
_SHORT_WORDS = {
    "a", "add", "age", "all", "an", "and", "as", "at", "be", "by", "cny", "cut", "day", "due", "end", "far", "fee",
    "for", "gap", "has", "id", "in", "is", "its", "key", "lag", "low", "may", "net", "new", "no", "not", "of", "off",
    "old", "on", "or", "out", "own", "pay", "per", "put", "run", "set", "sku", "tax", "the", "to", "up", "us", "use",
    "way", "what", "who", "why", "with",
}  # fmt: skip


def test_no_label_has_an_abbreviation() -> None:
    labels = {each for each in messages.of_names() if not re.search(r"[A-Z]", each[:1])}
    short = {word for each in labels for word in re.findall(r"(?<!')[a-z]+", each) if len(word) < 4}
    assert sorted(short - _SHORT_WORDS) == []


def test_every_field_with_a_closed_list_of_words_shows_words() -> None:
    assert sorted(messages.fields_of_words() - WORD_FIELDS) == []


def test_every_kind_of_break_has_words() -> None:
    assert sorted(set(_break_kinds()) - WORDS.keys()) == []


def _break_kinds() -> Iterator[str]:
    """The kinds that the commands write into a break."""
    yield from (*get_args(StuckKind), *get_args(MissingKind))
    for path in Path(commands.__path__[0]).rglob("*.py"):
        for call in (each for each in ast.walk(ast.parse(path.read_text())) if isinstance(each, ast.Call)):
            if re.search(r"[Bb]reak|contradiction$|flag", ast.unparse(call.func)):
                given = (each.value for each in call.keywords if each.arg == "kind")
                yield from (str(each.value) for each in (*given, *call.args) if _is_code(each))


def _is_code(argument: ast.expr) -> TypeGuard[ast.Constant]:
    return isinstance(argument, ast.Constant) and bool(re.fullmatch("[a-z]+(_[a-z]+)+", str(argument.value)))


@pytest.fixture(scope="module")
def addresses(of_month: dict[str, Any]) -> list[str]:
    compared = f"{DIFFERENCE.path}?merchant={of_month['merchant']}&earlier=2026-09-10T08:00:00"
    return [*paths(of_month), "/support", OPERATIONS.path, compared, f"{VERIFICATION.path}?book=1"]


def pages_of(browser: Browser, addresses: list[str], language: str) -> Iterator[tuple[str, str]]:
    """The content of every page that an admin sees."""
    client = browser("admin")
    for path in addresses:
        answer = client.get(f"/console{path}", headers={"Accept-Language": language})
        if answer.status_code == 200:
            yield path, answer.text.partition("<main")[2]


def test_no_page_shows_a_code_where_there_are_words(browser: Browser, addresses: list[str]) -> None:
    known = messages.values_of_words() | {*MILESTONES, *ELEMENTS, *PROJECTIONS, *WORDS}
    for path, page in pages_of(browser, addresses, "en"):
        cells = re.findall(r'(?:data-label="|<dt>)([^"<]+)(?:"|</dt><dd>)[^<]*?>?<bdi class="id">([^<]*)</bdi>', page)
        assert {(label, text) for label, text in cells if text in known} == set(), path


def test_every_account_of_a_page_has_its_title(browser: Browser, addresses: list[str]) -> None:
    for path, page in pages_of(browser, addresses, "en"):
        if 'data-label="title"' not in page:
            assert re.findall(r"<bdi[^>]*>([1-5]\d{3})</bdi>", page) in ([], ["9610"]), path


def test_every_heading_of_a_page_is_in_chinese(browser: Browser, addresses: list[str]) -> None:
    for path, page in pages_of(browser, addresses, "zh-CN"):
        headings = re.findall(r'<th scope="col"[^>]*>([^<]+)</th>|<h1>([^<]+)</h1>', page)
        shown = {each for both in headings for each in both if each and re.search(r"[a-z]", each)}
        assert {each for each in shown if not _CHINESE.search(each)} == set(), path


def test_every_page_has_one_heading_that_is_seen(browser: Browser, addresses: list[str]) -> None:
    for path, page in pages_of(browser, addresses, "en"):
        assert len(re.findall(r"<h1>\s*[^<\s]|<h1><", page)) == 1, path
