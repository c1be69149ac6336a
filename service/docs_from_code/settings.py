"""Generates the document of settings: flags, variables, defaults and meanings."""

from __future__ import annotations

from service.docs_from_code.markdown import table
from service.settings import settings_table


def settings() -> str:
    """Returns the text of `docs/settings.md`."""
    rows = [
        (f"`{row['flag']}`", f"`{row['variable']}`", f"`{row['default']}`" if row["default"] else "", row["meaning"])
        for row in settings_table()
    ]
    head = "# Settings\n\nMade from the code by `python -m service.docs_from_code`.\n\n"
    return head + table(("Flag", "Variable", "Default", "Meaning"), rows) + "\n"
