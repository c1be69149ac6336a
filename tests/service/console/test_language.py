"""The texts of the console: each goes through the catalogue, and is there in every language."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

import service.locales
from tests.service.console import messages
from tests.service.console.conftest import Browser
from tests.support.console_pages import paths

TEMPLATES = sorted(messages.FOLDER.glob("templates/*.html"))
OUR_NAME = {"j", "k", "x", "Enter", "RedLedger", "CSV", "Excel", "NDJSON", "UTC+8", "·", "–", ":", "· RedLedger"}


def test_every_text_of_the_console_is_in_chinese_and_nothing_else_is() -> None:
    with files(service.locales).joinpath("console_zh_Hans.po").open("rb") as source:
        catalogue = {each.id: each.string for each in read_po(source, locale="zh_Hans") if each.id}
    asked = messages.of_templates() | messages.of_code() | messages.of_names()
    assert sorted(asked - catalogue.keys()) == [], "give them a translation in service/locales/console_zh_Hans.po"
    assert sorted(catalogue.keys() - asked) == [], "nobody asks for these"
    assert sorted(each for each, text in catalogue.items() if not text) == []


class _Texts(HTMLParser):
    """The texts of a template that a reader sees or hears, without those that are marked."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data.strip())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.found += [
            value.strip() for name, value in attrs if value and name in ("title", "placeholder", "aria-label", "alt")
        ]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_text_of_a_template_is_written_past_the_catalogue(template: Path) -> None:
    plain = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", template.read_text(), flags=re.DOTALL)
    texts = _Texts()
    texts.feed(plain)
    assert [each for each in texts.found if re.search(r"[^\W\d_]", each) and each not in OUR_NAME] == []


def test_every_word_on_the_pages_of_the_month_is_in_chinese(browser: Browser, of_month: dict[str, Any]) -> None:
    client, found = browser("admin"), set[str]()
    for path in paths(of_month):
        page = client.get(f"/console{path}", headers={"Accept-Language": "zh-CN"}).text
        found |= set(re.findall(r'<span class="word">([^<]*)</span>', page))
    assert {each for each in found if not re.search(r"[\u4e00-\u9fff]", each)} == set()


def test_the_page_is_in_the_language_that_was_chosen_with_money_and_days_of_its_locale(browser: Browser) -> None:
    client = browser("finance")
    assert '<html lang="en">' in client.get("/console/", headers={"Accept-Language": "en"}).text
    assert '<html lang="zh-Hans">' in client.get("/console/", headers={"Accept-Language": "zh-CN,en;q=0.5"}).text
    chosen = client.get("/console/language?to=zh-Hans&next=/console/balances")
    assert chosen.headers["location"] == "/console/balances"
    page = client.get("/console/books/open-items", headers={"Accept-Language": "en"}).text
    assert "未清项目" in page
    assert re.search(r"\d{4}年\d{1,2}月\d{1,2}日", page)
