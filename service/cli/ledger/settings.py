"""`redledger settings`: the settings of the program."""

from __future__ import annotations

from service.cli.options import Format, FormatOption
from service.cli.output import show
from service.settings import settings_table
from service.tables.tables import SETTINGS


def settings(format: FormatOption = Format.TABLE) -> None:
    """Show every setting: its flag, its environment variable and its default."""
    show(SETTINGS, settings_table(), format)
