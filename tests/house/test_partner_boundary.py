"""One boundary to partners: an adapter only parses, into the closed set of facts; one table makes them commands."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from service.partner_facts.facts import FACTS
from service.partner_reports.table import FILE_REPORTS, MESSAGE_REPORTS, PROVIDER_REPORTS
from tests.house.sources import REPOSITORY, imports, modules, parsed, shown

ADAPTERS = REPOSITORY / "service" / "adapters"
# The parts of the service that an adapter may use. None of them makes a command.
_OPEN = ("service.failures", "service.formats", "service.partner_facts")
FILES = [path for path in modules("service") if path.is_relative_to(ADAPTERS) and path.name != "__init__.py"]


def _own(path: Path) -> str:
    """The name of the adapter that a file belongs to: its folder if several files read one format, else itself."""
    kind, *rest = path.relative_to(ADAPTERS).with_suffix("").parts
    return ".".join(("service.adapters", kind, *rest[:1]))


def _is_of(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_an_adapter_imports_no_other_adapter_and_no_command(path: Path) -> None:
    allowed = (*_OPEN, _own(path), "ledger")
    ours = [name for _, name in imports(path) if name.split(".")[0] in ("service", "commands", "projections", "ledger")]
    assert [name for name in ours if not any(_is_of(name, each) for each in allowed)] == []


@pytest.mark.parametrize("package", ["formats", "partner_facts"])
def test_facts_and_formats_know_no_command(package: str) -> None:
    paths = [path for path in modules("service") if path.is_relative_to(REPOSITORY / "service" / package)]
    wrong = [(shown(path), name) for path in paths for _, name in imports(path)
             if _is_of(name, "commands") or _is_of(name, "projections")]  # fmt: skip
    assert wrong == []


def test_every_fact_has_one_line_in_the_table() -> None:
    lines = [*PROVIDER_REPORTS, *MESSAGE_REPORTS, *FILE_REPORTS]
    assert len(lines) == len(set(lines))
    assert frozenset(lines) == FACTS


def test_every_class_of_a_fact_is_in_the_set() -> None:
    named = re.compile(r"\w+(Reported|Scanned|Invoiced|Answered|Unread|Unmapped)")
    paths = [path for path in modules("service") if path.is_relative_to(REPOSITORY / "service" / "partner_facts")]
    classes = {node.name for path in paths for node in ast.walk(parsed(path)) if isinstance(node, ast.ClassDef)}
    assert {name for name in classes if named.fullmatch(name)} == {fact.__name__ for fact in FACTS}
