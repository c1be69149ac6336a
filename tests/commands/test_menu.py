"""The menu."""

import pytest

from commands.command import Report
from commands.menu import MENU


@pytest.mark.parametrize("name", MENU)
def test_every_command_stands_under_its_own_name(name: str) -> None:
    assert MENU[name].command.name == name


@pytest.mark.parametrize("name", MENU)
def test_every_command_says_what_it_is_for(name: str) -> None:
    assert MENU[name].command.__doc__


@pytest.mark.parametrize("name", [name for name in MENU if name.startswith("report_")])
def test_what_is_called_a_report_is_one(name: str) -> None:
    assert issubclass(MENU[name].command, Report)
