"""Instants from outside meet durations of policies and zones in one module only, whose arithmetic cannot overflow."""

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import get_args

from ledger.policies.kinds import KINDS
from tests.house.sources import PACKAGES, modules, parsed, shown

_OWN = "ledger/deadlines.py"
# Their instants are the ledger's own clock, or a table's that the importer bounds.
_ZONES_OF_THEIR_OWN = ("ledger/library/recorder.py", "service/demo/olist/", "service/demo/simulator/")


def _durations() -> set[str]:
    """The fields of policies that are durations."""
    return {
        name
        for kind in KINDS.values()
        for name, field in kind.model_fields.items()
        if timedelta in (field.annotation, *get_args(field.annotation))
        or any(timedelta in get_args(part) for part in get_args(field.annotation))
    }


def _sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (path for path in modules(package) if shown(path) != _OWN)


def test_policies_have_durations() -> None:
    assert {"after_signature", "window", "decide_within", "send_back_within", "max_rate_age"} <= _durations()


def test_no_duration_of_a_policy_is_added_to_an_instant_by_hand() -> None:
    durations, found = _durations(), []
    for path in _sources():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
                names = {side.attr for side in (node.left, node.right) if isinstance(side, ast.Attribute)}
                if len(names & durations) == 1:
                    found.append(f"{shown(path)}:{node.lineno}: {ast.unparse(node)}; use later() or earlier()")
    assert not found, "\n".join(found)


def test_no_instant_is_moved_into_a_zone_by_hand() -> None:
    found = [
        f"{shown(path)}:{node.lineno}: {ast.unparse(node)}; use in_zone()"
        for path in _sources()
        if not shown(path).startswith(_ZONES_OF_THEIR_OWN)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "astimezone"
    ]
    assert not found, "\n".join(found)
