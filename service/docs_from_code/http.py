"""Generates the document of HTTP reads: every address with its parameters, and every error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from ledger.log.database_errors import KINDS
from service.app import App
from service.docs_from_code.markdown import sentences, table
from service.http.application import make_application
from service.http.errors import KNOWN
from service.http.limits import LIMITS
from service.http.statuses import ELSEWHERE

_HEAD = """# HTTP

Made from the code by `python -m service.docs_from_code`.

`redledger up` answers on http://127.0.0.1:8600. The first page lists the addresses, and `/docs` lets you try them.
Every answer is JSON. Reads have no authentication: keep the service on an address that only its users reach. Webhooks
of partners must be signed with a secret of the [settings](settings.md).

**Read your writes.** Every answer about the books carries a `token`: the positions of the books that it rests on. Give
the token to any other read as `?at_least=<token>`. That read waits up to five seconds until it has reached these
positions. A token of another ledger, from before a restore, or ahead of the ledger is refused at once.

**Two times.** `as_of` is an accounting day, `as_known_at` an instant of recording, with its zone, never in the future.
Asked together they answer "30 June as we knew it on 3 July":

```
curl 'http://127.0.0.1:8600/balances/M-1042?as_of=2025-06-30&as_known_at=2025-07-03T08:00:00Z'
```

**Money** is `{"currency": "CNY", "minor": 34200}`, in minor units; instants are ISO 8601 in UTC.

**Pages.** Long lists come a page at a time. The answer contains the parameter of the next page.

**Methods.** `HEAD` answers like `GET` without the body. `OPTIONS` answers with the header `Allow`. A method that the
address does not have gets 405 and `Allow`.

**Errors** have one form: `{"error": {"code": …, "sentence": …, "field": …}}`. A code never changes.
"""


_LIMITS = """## Limits

Inputs beyond these are refused. Requests of one sort never take the threads of another: `/healthz` needs neither a
thread nor the database, and webhooks are served while readers wait. Every 503 has `Retry-After`, in seconds.
"""


def http() -> str:
    """Returns the text of `docs/http.md`."""
    application = make_application(cast(App, None))  # the application is used for its routes only and serves nothing
    return _HEAD + _errors() + _limits() + "".join(_routes(application.openapi()["paths"]))


def _errors() -> str:
    """Returns the table of error codes, each with the text of the first problem that has it."""
    meanings: dict[tuple[int, str], str] = dict.fromkeys(KNOWN.values(), "")
    for kind, answer in KNOWN.items():
        meanings[answer] = meanings[answer] or sentences(kind.__doc__).partition("\n")[0]
    troubles = {(503, kind.code): f"The database {kind.what}. {kind.remedy}" for kind in KINDS}
    answers = meanings | troubles | ELSEWHERE
    rows = [(str(status), f"`{code}`", meaning) for (status, code), meaning in answers.items()]
    return "\n" + table(("Status", "Code", "When"), sorted(rows)) + "\n"


def _limits() -> str:
    """Returns the table of limits and of the answers beyond them."""
    return f"\n{_LIMITS}\n{table(('What', 'Limit', 'Beyond it'), LIMITS)}\n"


def _routes(paths: dict[str, Any]) -> Iterator[str]:
    for path, methods in paths.items():
        for method, route in methods.items():
            yield f"\n## {method.upper()} {path}\n\n{sentences(route.get('description', ''))}\n"
            if rows := [_parameter(parameter) for parameter in route.get("parameters", ())]:
                yield f"\n{table(('Parameter', 'Type', 'Needed', 'Meaning'), rows)}\n"


def _parameter(parameter: dict[str, Any]) -> tuple[str, str, str, str]:
    needed = "yes" if parameter["required"] else ""
    return f"`{parameter['name']}`", _type(parameter["schema"]), needed, parameter.get("description", "")


def _type(schema: dict[str, Any]) -> str:
    for choice in schema.get("anyOf", [schema]):
        if choice.get("type") != "null":
            limits = f", {choice['minimum']} to {choice['maximum']}" if "maximum" in choice else ""
            return str(choice.get("format", choice.get("type", ""))) + limits
    return ""
