"""The README's examples are what the program prints; its tests and links are there; documented commands are taken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from commands.menu import MENU
from service.app import App
from service.cli.demonstration import note, one_command
from service.cli.up import show_summary
from service.demo.trading_month import summary_of
from service.record.parser import command_in_body
from service.settings import Settings
from tests.service.cli.conftest import Run
from tests.support.buses import PLATFORM
from tests.support.month import DAYS, README_OF

REPOSITORY = Path(__file__).parents[3]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
RECORD = "redledger record examples/first-order.jsonl"
EXAMPLES = dict(re.findall(r"^<!-- (.+?) -->\n```\n(.*?)^```$", README, re.MULTILINE | re.DOTALL))
OF_THE_MONTH = [command for command in EXAMPLES if "--as-of" in command]
ASKED = [command for command in EXAMPLES if command.startswith("redledger ") and command not in (RECORD, *OF_THE_MONTH)]


def _printed(run: Run, settings: Settings, command: str, folder: Path) -> list[str]:
    """Returns the output of a command line of the README, without blanks at the ends of lines."""
    words = [str(REPOSITORY / word) if word.startswith("examples/") else word for word in command.split()[1:]]
    kept = ["--refusals", str(folder / "refusals")] if words[0] == "record" else []
    said = run(settings, *words, *kept)
    assert said.code == 0, said.err
    return [line.rstrip() for line in said.out.splitlines()]


def _is_excerpt(example: str, printed: Sequence[str]) -> bool:
    """True if the example's parts, between lines that are just `…`, stand in what was printed, in that order."""
    start = 0
    for log_range in example.split("…\n"):
        lines = log_range.splitlines()
        while printed[start : start + len(lines)] != lines:
            start += 1
            if start > len(printed):
                return False
        start += len(lines)
    return True


def test_the_examples_are_there() -> None:
    assert len(ASKED) == 3
    assert "redledger history 2025-000017" in ASKED


def test_every_example_is_what_the_program_prints(run: Run, settings: Settings, tmp_path: Path) -> None:
    printed = {command: _printed(run, settings, command, tmp_path) for command in (RECORD, *ASKED)}
    differing = {command: lines for command, lines in printed.items() if not _is_excerpt(EXAMPLES[command], lines)}
    assert not differing


@pytest.mark.skipif(DAYS.today < README_OF, reason="this machine's clock is behind the day of the README's month")
@pytest.mark.parametrize("command", OF_THE_MONTH)
def test_every_example_of_the_month_is_what_the_program_prints(
    run: Run, month: Settings, tmp_path: Path, command: str
) -> None:
    printed = _printed(run, month, command, tmp_path)
    assert _is_excerpt(EXAMPLES[command], printed), printed


def test_the_month_is_asked_as_it_was_known_and_why_that_differs() -> None:
    asked = {command.split()[1] for command in OF_THE_MONTH if "--as-known-at" in command}
    assert asked == {"balances", "explain-difference"}


def test_the_summary_of_a_month_reads_as_in_the_readme(month_app: App, capfd: pytest.CaptureFixture[str]) -> None:
    with one_command():
        note(month_app)
        show_summary(summary_of(month_app))
    said = {_words(line) for line in capfd.readouterr().out.splitlines()}
    shown = [line for line in EXAMPLES["make run"].splitlines() if _words(line) and "answers on" not in line]
    assert len(shown) > 4
    assert [line for line in shown if _words(line) not in said] == []


def _words(line: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[A-Za-z][A-Za-z-]*", line))


def test_every_test_that_the_readme_names_is_there() -> None:
    named = re.findall(r"`(tests/\S+\.py)::(\w+)`", README)
    assert len(named) > 10
    assert [(file, name) for file, name in named if f"def {name}(" not in (REPOSITORY / file).read_text()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    named = re.findall(r"`((?:commands|ledger|projections|service|tests|examples)/[\w/.-]+\.\w+)", document.read_text())
    assert [file for file in named if not (REPOSITORY / file).exists()] == []


def test_every_command_in_a_document_is_one() -> None:
    lines = [line for path in DOCUMENTS for line in re.findall(r'^\{"command".*$', path.read_text(), re.MULTILINE)]
    assert len(lines) > 1
    for line in lines:
        command_in_body(line.encode(), MENU, actor=PLATFORM)


def test_the_bad_lines_come_to_what_the_document_says(run: Run, settings: Settings, tmp_path: Path) -> None:
    kept = ["--refusals", str(tmp_path / "refusals"), "--format", "json"]
    run(settings, "record", str(REPOSITORY / "examples/first-order.jsonl"), *kept)
    said = run(settings, "record", str(REPOSITORY / "examples/bad-lines.jsonl"), "--by", "admin", *kept)
    assert said.code == 1
    assert said.json == [{"recorded": 0, "repeated": 0, "nothing": 1, "refused": 3, "malformed": 9, "failed": 0}]
