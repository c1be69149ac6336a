"""Help pages in plain text: the first sentence of each command in full, whatever the width of the terminal."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

_NO_LIMIT = 1_000  # letters; the library would cut sentences at the end of the line


class WholeSentences(TyperGroup):
    """A group of commands whose help has a section for each panel, wraps the sentences and cuts none."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command: Any = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                panel = getattr(command, "rich_help_panel", None)
                title = panel if isinstance(panel, str) else "Commands"
                sections.setdefault(title, []).append((name, command.get_short_help_str(_NO_LIMIT)))
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl(rows)
