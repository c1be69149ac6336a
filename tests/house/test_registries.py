"""Nothing stands beside the registries: events have samples, commands and views have their line."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from types import ModuleType

import pytest

import commands
import projections
from commands.command import Command
from commands.menu import MENU
from commands.proposable import PROPOSABLE
from ledger.events.event import EVENTS, UPCASTS, decode
from ledger.events.published import PUBLISHED
from projections.engine.projection import Projection
from projections.registry import PROJECTIONS
from tests.golden.samples import FOLDER, all_events, sample_file
from tests.house.sources import modules, parsed, shown


@pytest.mark.parametrize(("name", "version"), sorted(all_events()))
def test_every_event_has_a_golden_sample_that_still_loads(name: str, version: int) -> None:
    file = sample_file(name, version)
    assert file.exists(), f"{file.name} is missing: python -m tests.golden.samples writes it"
    stored = file.read_text(encoding="utf-8").rstrip("\n")
    event = decode(name, version, stored)
    if (name, version) not in UPCASTS:
        assert event.payload() == stored, "what was stored would be written differently today"


def test_no_golden_sample_is_of_an_event_that_is_gone() -> None:
    known = {sample_file(name, version) for name, version in all_events()}
    assert not {file.name for file in FOLDER.iterdir() if file not in known}


def test_every_older_version_has_an_upcast_to_the_next() -> None:
    newest: dict[str, int] = {}
    for name, version in all_events():
        newest[name] = max(version, newest.get(name, 0))
    older = [(name, version) for name, version in all_events() if version < newest[name]]
    missing = [key for key in older if key not in UPCASTS]
    assert not missing


def test_every_command_is_on_the_menu_under_its_own_name() -> None:
    kinds = [kind for module in _modules(commands) for kind in _classes(module, Command)]
    named = {kind.__dict__["name"]: kind for kind in kinds if kind.__dict__.get("name")}
    assert named == {name: handler.command for name, handler in (MENU | PROPOSABLE).items()}


def test_no_command_that_takes_two_people_can_be_submitted_by_one() -> None:
    assert not MENU.keys() & PROPOSABLE.keys()


@pytest.mark.parametrize("name", PROPOSABLE)
def test_what_is_proposed_holds_no_personal_values(name: str) -> None:
    assert not [field for field, info in PROPOSABLE[name].command.model_fields.items() if "Sealed" in str(info)]


def test_every_projection_is_registered_under_its_own_name() -> None:
    kinds = [kind for module in _modules(projections) for kind in _classes(module, Projection)]
    named = {kind.__dict__["name"]: kind for kind in kinds if "name" in kind.__dict__}
    assert named == {name: type(projection) for name, projection in PROJECTIONS.items()}


def _modules(package: ModuleType) -> list[ModuleType]:
    found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    return [importlib.import_module(module.name) for module in found]


def _classes(module: ModuleType, parent: type) -> list[type]:
    """The subclasses that the module itself defines."""
    return [
        found
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, parent) and found.__module__ == module.__name__
    ]


def test_read_models_leave_out_policies_of_newer_code() -> None:
    """`stored` raises for a content that this code does not know; `usable` lets the version before it govern."""
    found = [
        f"{shown(path)}:{node.lineno}"
        for path in modules("projections")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and node.attr == "stored"
    ]
    assert found == []


def test_whoever_imports_the_published_language_can_read_every_event() -> None:
    """Nothing else may be needed: a command line that imports little reads the whole log."""
    defined = {kind.__module__ for kind in EVENTS.values() if kind.__module__.startswith("ledger.events.")}
    assert defined == {module.__name__ for module in PUBLISHED} & defined
