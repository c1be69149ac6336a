"""Generates the document of questions: every question with its command, its address, its readers and its fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from projections.engine.past import MOST_FOLDED
from service.docs_from_code.markdown import sentences, table
from service.questions.answer_models import row_model
from service.questions.parameters import TIMES
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


_TIME = f"""
## Time

A question about a state takes three parameters, alone or together:

- `as_of` is a day in Asia/Shanghai. The answer is the state at its end. Money counts on the accounting day of its
  entry, and a statement on the day on which its period ended. Any other event counts on the day on which it happened
  (`occurred_at`).
- `as_known_at` is an instant. The answer rests on the events that were recorded by then, and on no later ones. "30 June
  as known on 3 July" has both parameters.
- `at_least` (HTTP only) is the `position` of an earlier answer. The read waits until it includes all that this position
  names.

**Late facts.** A fact that is recorded late counts from the day on which it happened. So the same `as_of` may have
another answer after it. With `as_known_at` too, it always has the same. An event may rest on another one that happened
on a later day, because the clocks of partners differ. On the days between, a folded state leaves it out, and
`incomplete` names it.

**Cost.** Most views keep in their rows what a past state needs. The others keep only the present state: then the answer
is made by the view's own code from the events up to that time, in temporary tables. `folded` is the number of these
events, and null if none were folded; the command line prints it on standard error. They are counted from the first
event of each book. For one merchant or one order, only its own events and those of the platform are folded. A state of
more than {MOST_FOLDED:,} events is refused before it is folded, with `TOO_MANY_EVENTS`: name a merchant or an order.

"""


def questions() -> str:
    """Returns the text of `docs/questions.md`."""
    return _HEAD + _times() + "".join(_group(group, title) for group, title in GROUPS.items())


def _times() -> str:
    rows = [(f"`{question.name}`", *_times_of(question)) for question in QUESTIONS.values()]
    return _TIME + table(("Question", "`as_of`", "`as_known_at`", "A past state is"), rows) + "\n"


def _times_of(question: Question) -> tuple[str, str, str]:
    given = {each.name for each in question.parameters}
    as_of, as_known_at = ("yes" if each.name in given else "no" for each in TIMES)
    if question.without_times:
        return as_of, as_known_at, question.without_times
    if question.folds:
        of = " or the ".join(question.folds_only_of)
        return as_of, as_known_at, "folded from events" + (f"; of the {of} alone, if it is named" if of else "")
    return as_of, as_known_at, "read from stored rows" if question.views else "read from streams of the log"


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
