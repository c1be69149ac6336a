"""Options that many commands share: the settings, made from their one table, and the output format."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from service.cli.demonstration import one_command
from service.settings import EVERYWHERE, SETTINGS, description_of, flag_of, settings_from, variable_of

Result = TypeVar("Result")
_PANEL = "Settings"


class Format(StrEnum):
    """Output formats of data."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class FieldsFormat(StrEnum):
    """Output formats of one thing, which is shown field by field."""

    TABLE = "table"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="Output format.", case_sensitive=False)]

FieldsOption = Annotated[FieldsFormat, typer.Option("--format", help="Output format.", case_sensitive=False)]


def takes_settings(
    *names: str,
) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Passes `settings` to the function of a command, and gives the command an option for each named setting (by
    default, all that every command takes)."""

    def decorate(function: Callable[..., Result]) -> Callable[..., Result]:
        @wraps(function)
        def command(**given: Any) -> Result:
            settings = settings_from({name: given.pop(name) for name in names or EVERYWHERE})
            with one_command():
                return function(settings=settings, **given)

        signature = inspect.signature(function, eval_str=True)
        own = [parameter for parameter in signature.parameters.values() if parameter.name != "settings"]
        parameters = [*own, *_options(names or EVERYWHERE)]
        command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return command

    return decorate


def _options(names: Sequence[str]) -> list[inspect.Parameter]:
    return [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[_type(name) | None, _option(name)]
        )
        for name in names
    ]


def _type(name: str) -> Any:
    default = SETTINGS[name].default
    return Path if default is None or isinstance(default, Path) else type(default)


def _option(name: str) -> Any:
    default = SETTINGS[name].default
    return typer.Option(
        flag_of(name),
        envvar=variable_of(name),
        help=description_of(name),
        show_default=str(default) if default else False,
        rich_help_panel=_PANEL,
    )
