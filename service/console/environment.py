"""The templates of the console, in each of its languages. Every value in them is escaped, and a missing one is a
defect."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from service.console.language import NAMES, Language, language_of


def template(name: str, language: Language) -> Template:
    return environment(language.tag).get_template(name)


@cache
def environment(tag: str) -> Environment:
    """Returns the templates in one language."""
    language = language_of(tag)
    made = Environment(
        loader=PackageLoader("service.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(language.translations, newstyle=True)  # type: ignore[attr-defined]
    made.globals |= {"label": language.label, "language": language, "languages": NAMES}
    return made
