"""Ids that the service derives for its commands carry the stream they write, so that no two merchants' ever meet."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.sources import modules, parsed, shown

# Whose ids are made otherwise, and why that cannot mix up two merchants.
EXEMPT = {
    "service/foundation.py": "policies are of the platform, and their ids stand in ledgers that were founded",
    "service/finance/period_close.py": "periods are of the platform; the ids carry the book",
    "service/cli/work/proposals.py": "a new id for each command that a person submits",
    "service/finance/proposals.py": "a new id for each command that a person submits",
    "service/cli/work/breaks.py": "a new id for each command that a person submits",
    "service/unmatched/payment_matches.py": "the ids carry the provider's reference; those of parts both names",
    "service/intake": "the bus scopes them to merchant and sender, and no set or mapping is kept of them",
    "service/partner_reports": "the bus scopes them to merchant and sender, and no set or mapping is kept of them",
    "service/demo/simulator": "the world outside: partners and people name their commands themselves",
}


def _ids(path: Path) -> Iterator[ast.expr]:
    """Yields the values of `id` in calls and in the mappings that envelopes are made of."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call):
            yield from (keyword.value for keyword in node.keywords if keyword.arg == "id")
        elif isinstance(node, ast.Dict):
            keys = zip(node.keys, node.values, strict=True)
            yield from (value for key, value in keys if isinstance(key, ast.Constant) and key.value == "id")


def _is_made_up(value: ast.expr) -> bool:
    called = value.func.id if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) else ""
    return isinstance(value, ast.JoinedStr | ast.BinOp) or called == "derived_id"


def _is_exempt(path: Path) -> bool:
    return any(shown(path) == name or shown(path).startswith(f"{name}/") for name in EXEMPT)


def test_a_command_of_the_service_has_its_id_from_command_id() -> None:
    wrong = [
        f"{shown(path)}:{value.lineno}"
        for path in modules("service")
        if not _is_exempt(path)
        for value in _ids(path)
        if _is_made_up(value)
    ]
    assert not wrong


def test_nothing_is_remembered_by_the_id_of_a_command_alone() -> None:
    """A set or mapping of command ids mixes up merchants whose ids are equal: its key has the stream too."""
    wrong = [
        f"{shown(path)}:{node.lineno}"
        for path in modules("service")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.SetComp | ast.DictComp)
        for key in [node.elt if isinstance(node, ast.SetComp) else node.key]
        if ast.unparse(key) in ("command.id", "c.id", "each.command.id", "outcome.command_id", "flag.id")
    ]
    assert not wrong


def test_every_exemption_is_still_needed() -> None:
    used = {
        name
        for path in modules("service")
        for name in EXEMPT
        if (shown(path) == name or shown(path).startswith(f"{name}/")) and any(map(_is_made_up, _ids(path)))
    }
    assert set(EXEMPT) == used
