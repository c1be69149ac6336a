"""The field's words: home-made ones, gerunds as module names and riddles as first sentences are refused."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.sources import PACKAGES, REPOSITORY, modules, parsed, shown

# Word of an identifier → the word to use. `docs/glossary.md` defines what replaced them.
BANNED_IN_NAMES = {
    "told": "reported", "tell": "report, or submit", "tells": "reports", "telling": "report", "inbox": "unmatched",
    "unrouted": "unmatched", "stray": "unmatched", "strays": "unmatched", "regroup": "repack", "regrouped": "repacked",
    "regrouping": "repacking", "story": "scenario", "stories": "scenarios", "tale": "scenario", "convoy": "lockstep",
    "witness": "position tracker", "worth": "balance, or value", "moment": "timepoint", "moments": "timepoints",
    "stretch": "log range", "stretches": "log ranges", "shadow": "candidate", "askable": "refundable",
    "mishap": "failure", "mishaps": "failures",
}  # fmt: skip
BANNED_IN_TEXT = {
    word: BANNED_IN_NAMES[word]
    for word in ("told", "tell", "tells", "telling", "inbox", "unrouted", "stray", "strays", "story", "stories",
    "convoy")
} | {"regroup": "repack", "regrouped": "repacked", "regrouping": "repacking", "regroupings": "repacking"}  # fmt: skip
BANNED_PHRASES = {
    "owed to nobody": "liability extinguished", "owed_to_nobody": "liability_extinguished",
    "owed_no_more": "liability_extinguished", "owed_again": "liability_reinstated", "calling_off": "cancelled_return",
    "submission_id": "attempt_id", "only noted": "recorded without effect", "only_noted": "without_effect",
}  # fmt: skip
OF_LIBRARIES = {"new_inbox", "inbox_prefix"}  # names that the client of NATS has given
_OF_LIBRARIES = re.compile("|".join(sorted(OF_LIBRARIES)))
RIDDLES = re.compile(r"\s*(What|Whatever|Whether|Who|Whose|Whom|Of|How|So)\b(?![^.\n]*\?)")
NOUNS_IN_ING = {"accounting", "finding", "parking", "posting", "pricing", "repacking", "tracking"}

SOURCES = [path for package in (*PACKAGES, "tests") for path in modules(package)]
THIS = Path(__file__).resolve()
DOCUMENTS = [
    *sorted((REPOSITORY / "docs").glob("*.md")),
    *(REPOSITORY / name for name in ("README.md", "CHANGELOG.md")),
    *sorted((REPOSITORY / "service/locales").glob("*.po")),
]


def test_no_name_has_a_home_made_word() -> None:
    found = [
        f"{place}: {name} ({word}: {BANNED_IN_NAMES[word]})"
        for path in SOURCES
        if path != THIS
        for place, name in _names(path)
        for word in _words(name)
        if word in (BANNED_IN_TEXT if name.startswith("test_") else BANNED_IN_NAMES)
    ]
    assert found == []


def test_no_docstring_comment_or_message_has_a_home_made_word() -> None:
    assert [
        found for path in SOURCES if path != THIS for place, text in _texts(path) for found in _banned(place, text)
    ] == []


def test_no_document_has_a_home_made_word() -> None:
    lines = [
        (f"{shown(path)}:{number}", line)
        for path in DOCUMENTS
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    ]
    assert [found for place, line in lines for found in _banned(place, line)] == []


def test_no_module_is_named_by_a_gerund() -> None:
    stems = {(shown(path), part) for path in SOURCES for part in path.relative_to(REPOSITORY).with_suffix("").parts}
    assert sorted(path for path, stem in stems if _is_gerund(stem)) == [], "a verb is a command; a module is a noun"


@pytest.mark.parametrize("package", [*PACKAGES, "tests"])
def test_docstrings_open_with_a_verb_or_a_noun(package: str) -> None:
    found = [
        f"{shown(path)}:{node.lineno if not isinstance(node, ast.Module) else 1}"
        for path in modules(package)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if RIDDLES.match(ast.get_docstring(node, clean=False) or "")
    ]
    assert found == [], "these docstrings open with What, Whether, Who, Of, How or So"


def _is_gerund(stem: str) -> bool:
    return not stem.startswith("test_") and stem.endswith("ing") and stem.rpartition("_")[2] not in NOUNS_IN_ING


def _banned(place: str, text: str) -> Iterator[str]:
    plain = _OF_LIBRARIES.sub("", text.lower())
    for word in re.findall(r"[a-z]+", plain):
        if word in BANNED_IN_TEXT:
            yield f"{place}: {word} ({BANNED_IN_TEXT[word]})"
    yield from (f"{place}: {phrase} ({better})" for phrase, better in BANNED_PHRASES.items() if phrase in plain)


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def _names(path: Path) -> Iterator[tuple[str, str]]:
    """Every name of the source, and its own."""
    yield shown(path), path.stem
    for token in _tokens(path):
        if token.type == tokenize.NAME and token.string not in OF_LIBRARIES:
            yield f"{shown(path)}:{token.start[0]}", token.string


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    """Comments, docstrings and other string constants."""
    for token in _tokens(path):
        if token.type in (tokenize.COMMENT, tokenize.STRING):
            yield f"{shown(path)}:{token.start[0]}", token.string


def _tokens(path: Path) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline))
