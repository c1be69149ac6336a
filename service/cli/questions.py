"""The commands that ask: one for each question of the registry, in the panel of its group."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from service.cli.answers.print_answer import expect_sound, print_answer
from service.cli.options import FieldsFormat, FieldsOption, Format, FormatOption, takes_settings
from service.cli.output import print_json, say_folded, say_missing, say_more
from service.cli.timepoints import day_of, instant_of
from service.cli.view_reads import catch_up, one_order, reading, views_named
from service.questions.limits import MOST_ROWS
from service.questions.parameters import LIMIT, METAVARS, PARTIAL, Kind, Parameter
from service.questions.question import GROUPS, Question
from service.settings import Settings

if TYPE_CHECKING:
    from projections.engine.projection import Projection

_TYPES = {Kind.NUMBER: int, Kind.FLAG: bool}


def command_of(question: Question) -> Callable[..., None]:
    """Returns the function of the command, with an argument or an option for each parameter."""
    options = [each for each in question.parameters if not each.header]

    def command(settings: Settings, format: str, **given: Any) -> None:
        partial = given.pop(PARTIAL.name, False)
        values = dict.fromkeys(each.name for each in question.parameters)
        values |= {each.name: _read(each, given[each.name]) for each in options}
        _ask(question, settings, values, Format(format), partial=partial)

    parameters = [inspect.Parameter("settings", inspect.Parameter.KEYWORD_ONLY, annotation=Settings)]
    parameters += [_place(each) for each in sorted(options, key=lambda each: not each.argument)]
    parameters += [_place(PARTIAL)] if question.may_be_partial else []
    kind, default = (FieldsOption, FieldsFormat.TABLE) if question.table is None else (FormatOption, Format.TABLE)
    parameters.append(inspect.Parameter("format", inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind))
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__name__, command.__doc__ = question.name, question.says
    return takes_settings()(command)


def add_questions(program: typer.Typer, groups: Mapping[str, typer.Typer], questions: Mapping[str, Question]) -> None:
    """Adds the commands. A name of two words belongs to the group of its first word."""
    for question in questions.values():
        group, _, name = question.name.rpartition(" ")
        into = groups[group] if group else program
        into.command(name, rich_help_panel=None if group else GROUPS[question.group])(command_of(question))


def _ask(question: Question, settings: Settings, values: Mapping[str, Any], format: Format, *, partial: bool) -> None:
    with reading(settings) as app, one_order():
        from service.questions.asked import answer_to
        from service.questions.envelope import envelope
        from service.questions.part import part_at_hand

        part = part_at_hand(app, asked=partial)
        catch_up(part.of(app) if part else app, _views(question, values))
        answer = answer_to(question, app, values, part=part)
        content = envelope(app, question, answer) if format is Format.JSON else {}
    if content:
        print_json(content)
    else:
        print_answer(question, answer, values, format)
    say_missing(answer.missing_books)
    say_folded(answer.folded)
    if question.is_list:
        say_more(answer.next, len(answer.data))
    expect_sound(question, answer)


def _views(question: Question, values: Mapping[str, Any]) -> list[Projection]:
    from service.questions.filters import views_of

    filters = [each.filter for each in question.parameters if each.filter and values[each.name] is not None]
    return [*views_named(question.views), *views_of(filters)]


def _read(parameter: Parameter, given: Any) -> Any:
    """Returns the value of an option. Raises `BadParameter` for a text that is no day or instant."""
    match parameter.kind:
        case Kind.DAY:
            return day_of(given, parameter.flag)
        case Kind.INSTANT:
            return instant_of(given, parameter.flag)
    return given


def _place(parameter: Parameter) -> inspect.Parameter:
    kind: Any = _TYPES.get(parameter.kind, str)
    asked: dict[str, Any] = {"help": parameter.says, "metavar": parameter.metavar or METAVARS.get(parameter.kind)}
    if parameter.kind is Kind.NUMBER:
        most = MOST_ROWS if parameter.name == LIMIT.name else parameter.most
        asked |= {"min": parameter.least, "max": most}
    if parameter.kind is Kind.CHOICE:
        kind = Literal[parameter.choices]
    if parameter.shown_default:
        asked["show_default"] = parameter.shown_default
    if parameter.argument:
        asked["metavar"] = parameter.name.upper() if parameter.required else f"[{parameter.name.upper()}]"
        place = typer.Argument(**asked)
    else:
        place = typer.Option(parameter.flag, **asked)
    optional = not parameter.required and parameter.default is None
    return inspect.Parameter(
        parameter.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if parameter.required else parameter.default,
        annotation=Annotated[kind | None if optional else kind, place],
    )
