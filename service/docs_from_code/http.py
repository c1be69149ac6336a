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

Every read is one of the [questions](questions.md), which the command line asks too.

**The envelope.** Every read answers with the same five fields:

| Field | Meaning |
|---|---|
| `data` | the object, or the rows of a list |
| `next` | the cursor of the next page; null at the end |
| `position` | the position token: the positions of the books that the answer rests on |
| `incomplete` | the events that the answer leaves out, because they are parked or a view has stopped |
| `demonstration` | true if the ledger was founded for made-up facts |

A list with figures about the whole of it has them in `summary`. A statement is the exception: it comes byte for byte as
it was issued.

**Read your writes.** Give the `position` of an answer to any other read as `?at_least=<position>`. That read waits up
to five seconds until it has reached these positions. A position of another ledger, from before a restore, or ahead of
the ledger is refused at once.

**Two times.** `as_of` is an accounting day, `as_known_at` an instant of recording, with its zone, never in the future.
Asked together they answer "30 June as we knew it on 3 July":

```
curl 'http://127.0.0.1:8600/v1/merchants/M-1042/balance?as_of=2025-06-30&as_known_at=2025-07-03T08:00:00Z'
```

**Money** is `{"amount": "342.00", "currency": "CNY"}`: major units as a decimal text, as commands accept it and as ISO
20022 writes it. It needs no table of exponents, and no program loses digits that reads numbers as binary floats.
**Instants** are ISO 8601 in UTC with `Z`, **days** are plain.

**Pages.** Long lists come a page at a time, `limit` rows of it. Give `next` to the next request as `?after=<next>`.

**Methods.** `HEAD` answers like `GET` without the body. `OPTIONS` answers with the header `Allow`. A method that the
address does not have gets 405 and `Allow`.

**Errors** are problem details (RFC 9457, `application/problem+json`): `type`, `title`, `status`, `detail`, and in
addition `code`, which never changes, and `field`, the parameter that is wrong.
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
