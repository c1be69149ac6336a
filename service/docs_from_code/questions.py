"""Generates the document of questions: every question with its command, its address, its readers and its fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from service.docs_from_code.markdown import sentences, table
from service.questions.answer_models import row_model
from service.questions.question import GROUPS, Question, Readers
from service.questions.registry import QUESTIONS

_HEAD = """# Questions

Made from the code by `python -m service.docs_from_code`.

A question is declared once, in `service/questions`. Its command and its address answer the same, in the one envelope of
[http.md](http.md); `--format json` prints that envelope. Parameters have the same names at both: `as_known_at` is
`--as-known-at` on the command line.

**Who may ask** is declared here, and checked for every access token. The command line answers all to whoever may log in
to the database.
"""


def questions() -> str:
    """Returns the text of `docs/questions.md`."""
    return _HEAD + "".join(_group(group, title) for group, title in GROUPS.items())


def _group(group: str, title: str) -> str:
    return f"\n## {title}\n" + "".join(
        part for question in QUESTIONS.values() if question.group == group for part in _question(question)
    )


def _question(question: Question) -> Iterator[str]:
    yield f"\n### {question.name}\n\n{sentences(question.says)}\n\n"
    rests_on = ", ".join(f"`{name}`" for name in question.views) or "the log"
    rows = [
        ("Command", f"`redledger {_usage(question)}`"),
        ("Address", f"`GET /v1{question.path}`"),
        ("Parameters", ", ".join(f"`{each.outside}`" for each in question.parameters if not each.header) or "none"),
        ("Who may ask", _readers(question.readers)),
        ("Rests on", rests_on),
    ]
    if question.is_paged:
        rows.append(("Ordered by", ", ".join(f"`{name}`" for name in question.key)))
    yield table(("", ""), rows)
    fields = [(f"`{name}`", _type(schema)) for name, schema in _properties(question).items()]
    yield f"\n\n{table(('Field' if not question.is_list else 'Field of a row', 'Type'), fields)}\n"


def _usage(question: Question) -> str:
    return " ".join(
        [question.name, *(each.name.upper() for each in question.parameters if each.argument and each.required)]
    )


def _readers(readers: Readers) -> str:
    own = f"; about their own: {', '.join(sorted(readers.own))}" if readers.own else ""
    return ", ".join(sorted(readers.any)) + own


def _properties(question: Question) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = row_model(question).model_json_schema(mode="serialization")["properties"]
    return found


def _type(schema: dict[str, Any]) -> str:
    if choices := schema.get("anyOf"):
        return " or ".join(_type(each) for each in choices)
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return "money" if name == "MoneyText" else name
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    if "enum" in schema or "const" in schema:
        return ", ".join(map(str, schema.get("enum", [schema.get("const")])))
    return {"date-time": "instant", "date": "day"}.get(schema.get("format", ""), str(schema.get("type", "any")))
