"""Text from outside is read by the strict grammars of `ledger`, never by Python's own lax ones."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = (
    "service/adapters",
    "service/formats",
    "service/intake",
    "service/exports",
    "service/partner_facts",
    "service/partner_reports",
    "service/cli",
    "service/demo/olist",
    "service/http",
    "service/record",
    "service/unmatched",
    "commands",
)
_LAX = {"int", "float", "Decimal", "fromisoformat", "fromtimestamp", "strptime"}
# Where such a call stands, and why it is right there: by file and what it reads.
ALLOWED = {
    ("commands/bus/reference_feed.py", "'-inf'"): "a constant",
    ("commands/bus/decision.py", "at.timestamp() * 1000"): "a number of ours",
    ("service/formats/xml_lines.py", "element.attrib[_LINE]"): "written by our own parser",
    ("service/formats/scan_times.py", "text.strip()"): "matched by a strict pattern before",
    ("service/formats/scan_times.py", "part or 0"): "matched by a strict pattern before",
    ("service/adapters/psp/stripe_events.py", "stamp"): "matched by a strict pattern before",
    ("service/exports/postings.py", "0"): "a constant",
    ("service/exports/beancount.py", "_OPENED"): "a constant",
    ("service/demo/olist/table.py", "self._matching(column, _COUNT, 'a whole number')"): "matched by a pattern",
    ("service/demo/olist/table.py", "whole"): "matched by a strict pattern before",
    ("service/demo/olist/table.py", "f'{cents:0<2}'"): "matched by a strict pattern before",
    ("service/demo/olist/table.py", "self._matching(column, _LOCAL_TIME, _A_TIME)"): "matched by a pattern",
    ("service/cli/endings.py", "end.code is not None"): "a truth value of ours",
    ("service/cli/partners/imports.py", "cell"): "ASCII digits, asked before",
    ("service/cli/output.py", "reported"): "matched by a strict pattern before",
    ("service/http/edge.py", "digits"): "digits, asked before, and few",
}


def _calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and node.args:
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in _LAX and "total_seconds" not in ast.unparse(node.args[0]):
                yield ast.unparse(node.args[0])


FOUND = {
    (path.relative_to(ROOT).as_posix(), said)
    for place in PLACES
    for path in sorted((ROOT / place).rglob("*.py"))
    for said in _calls(path)
}


@pytest.mark.parametrize("call", sorted(FOUND), ids=lambda call: " ".join(call)[:60])
def test_a_lax_reading_has_a_reason(call: tuple[str, str]) -> None:
    assert call in ALLOWED, f"{call[0]} reads {call[1]} itself: use ledger.numbers, ledger.money or ledger.instants"


def test_no_reason_outlives_its_call() -> None:
    assert ALLOWED.keys() <= FOUND
