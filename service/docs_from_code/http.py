"""Generates the document of HTTP: five examples, every address with its parameters, and every error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from ledger.log.database_errors import KINDS
from service.app import App
from service.docs_from_code.markdown import sentences, table
from service.http.application import make_application
from service.http.document.statuses import ELSEWHERE, OF_COMMANDS
from service.http.errors import KNOWN
from service.http.limits import LIMITS

_HEAD = """# HTTP

Made from the code by `python -m service.docs_from_code`.

`redledger up` answers on http://127.0.0.1:8600. The first page lists the addresses, and `/docs` lets you try them.
Answers are JSON, except exports, streams of events, statements and the pages for people.

**Five examples**, from a token to a read that holds one's own write. Run them beside `redledger up`:

```bash
LEDGER=http://127.0.0.1:8600/v1
TOKEN="Authorization: Bearer $(redledger token create admin --by admin)"
KEY='Idempotency-Key: enrol-1042'
ENROL='{"data": {"merchant_id": "M-1042"}}'
EXPORT='{"command": "set_auto_export", "id": "export-1042", "data": {"merchant_id": "M-1042", "enabled": true}}'

curl -s "$LEDGER/commands/enrol_merchant?dry_run=true" -H "$TOKEN" -H "$KEY" -d "$ENROL"
curl -s "$LEDGER/commands/enrol_merchant" -H "$TOKEN" -H "$KEY" -d "$ENROL"
curl -s -i "$LEDGER/commands/enrol_merchant" -H "$TOKEN" -H "$KEY" -d "$ENROL" | grep -i idempotent-replayed
curl -s "$LEDGER/commands" -H "$TOKEN" -d "{\\"commands\\": [$EXPORT]}" > answer.json
POSITION=$(python3 -c 'import json; print(json.load(open("answer.json"))["position"])')
curl -s "$LEDGER/audit?merchant=M-1042&at_least=$POSITION" -H "$TOKEN"
```

**Access tokens.** Every read and every command needs an access token: `Authorization: Bearer rlk_…`. Without one there
are only `/healthz` and `/readyz`, the pages that describe the addresses, the exchange of the first code, and the
webhooks of partners, which must be signed with a secret of the [settings](settings.md). A token belongs to an account,
a person or a service. The actor of a command is the account of its token, in the token's role and scope; a body that
names an actor is refused. So rules for two people hold across all tokens of one account. [authority.md](authority.md)
says who may submit what.

- The first start of `redledger up` prints a link with a code. The page behind it exchanges the code, once, for a
  token of the account `admin`; so does `POST /v1/tokens/exchange`. The code ends after a day. If it is lost, create a
  token on the machine itself.
- `redledger account open`, or the command `open_access_account`, opens an account. `redledger token create`, or
  `POST /v1/tokens`, creates a token. A token is shown once. The ledger keeps its SHA-256 only. The command line acts as
  an account too: [operations](operations.md#addresses-and-access).
- `redledger token rotate`, or `POST /v1/tokens/{token_id}/rotate`, creates another token, and ends the old one after an
  overlap. `redledger token revoke`, or the command `revoke_access_token`, ends one within a second. `redledger
  accounts` and `redledger tokens`, or `GET /v1/accounts` and `GET /v1/tokens`, list all, with the day of last use.
  Over HTTP only an admin and an auditor read these lists.
- An admin opens accounts and creates tokens of all of them. Everybody else creates tokens of their own account, in
  the role of the token with which they ask. Every account, token and revocation is an event of the ledger.
- Tokens of an OpenID Connect issuer are access tokens too, once that is [set up](operations.md#openid-connect).

**Reads** answer what the role and scope of the token may read, as [questions.md](questions.md) says: a merchant sees
its own, a buyer its own orders. A thing of another is not found, as if it did not exist.

**Commands.** `POST /v1/commands/{name}` submits a command of the [menu](commands.md). Its fields stand in `data`. The
header `Idempotency-Key` is required. It is the id of the command, in the scope of the account, and it is kept for ever:
the same key with the same body gets the first answer again, with the header `Idempotent-Replayed: true`; with another
body it is refused (`IDEMPOTENCY_KEY_REUSED`), also if it names another merchant, and also if two services on one ledger
get the two bodies at the same moment: one is decided, the other refused. A duplicate that comes while the first is
decided waits for its answer. After a lost connection, send the same request again: the key waits for it, even if the
service ended before the decision. A fault (500) is not kept: the same request may be sent again. The command line's ids
are in the scope of the account and the merchant. Only a report (`report_…`) brings
`occurred_at`.

`?dry_run=true` answers what would be recorded, and records nothing, the key included. Staff read the events;
finance, auditors and admins read their journal entries too; a merchant and a buyer read only the types of the events. A
refusal has its `code`, its `facts` and a `remedy` ([refusals.md](refusals.md)). `POST /v1/commands` takes a batch, and
answers each command with its own status.

Every answer has the header `Request-Id`: the one that the client sent (1 to 64 letters, digits, `.`, `_`, `-`), or a
new one. Every line of the service's log that is written for a request begins with it.

Every 401 has `WWW-Authenticate`: `Bearer`, with `error="invalid_token"` if a token was sent and refused (RFC 6750), and
`HMAC-SHA256` for webhooks.

Every read but the feed of events and the schemas is one of the [questions](questions.md), which the command line asks
too.

**The envelope.** Reads and commands answer with the same five fields:

| Field | Meaning |
|---|---|
| `data` | the object, or the rows of a list |
| `next` | the cursor of the next page; null at the end |
| `position` | the position token: the positions of the books that the answer rests on |
| `incomplete` | the events that the answer leaves out, because they are parked or a view has stopped |
| `demonstration` | true if the ledger was founded for made-up facts |

A list with figures about the whole of it has them in `summary`. A question about all books has
`missing_books`: empty, or the [lost books](operations.md#the-server-of-some-books-is-lost) that a partial answer lacks.
These have no envelope: a statement, which comes byte for byte as it was issued; an export or a stream of events, which
is rows only; the schemas; and a refusal or another error, which is problem details.

**Read your writes.** Give the `position` of an answer to any other read as `?at_least=<position>`. That read waits up
to five seconds until it has reached these positions. A position of another ledger, from before a restore, or ahead of
the ledger is refused at once.

**Two times.** `as_of` is an accounting day, `as_known_at` an instant of recording, with its zone, never in the future.
Asked together they answer "30 June as we knew it on 3 July":

```
curl -H "$TOKEN" "$LEDGER/merchants/M-1042/balance?as_of=2025-06-30&as_known_at=2025-07-03T08:00:00Z"
```

**Money** is `{"amount": "342.00", "currency": "CNY"}`: major units as a decimal text, as commands accept it and as ISO
20022 writes it. It needs no table of exponents, and no program loses digits that reads numbers as binary floats.
**Instants** are ISO 8601 in UTC with `Z`, **days** are plain.

**Pages.** Long lists come a page at a time, `limit` rows of it. Give `next` to the next request as `?after=<next>`.

**Search.** `/v1/search?q=` finds orders, parcels, returns, payments, refunds, disputes, payouts, statements, providers'
settlement batches and unmatched items by an id or a reference, or by a part of at least three letters; what is equal
comes first, then what begins with it, then what contains it. A merchant finds its own things by the ids of its orders,
parcels, refunds, payouts and statements, and by the numbers of tracking and of declarations and the references of
captures and of payouts at the bank. It does not find them by a buyer, a checkout or another reference of a provider. A
buyer finds its own orders, parcels and returns by their ids and tracking numbers.

**Links.** An object that names others has their addresses in `links`, as far as your role may read them. They lead from
a payout to its settlement run, its statement, the lines of the statement, their events and journal entries, and back.
An event is read by its id, or by its book and position: `/v1/events/3:1042`.

**Entity tags.** Every question that is answered as JSON has an `ETag`. Send it back as `If-None-Match`: 304 says that
the answer has not changed. The tag does not cover `position`, which rises with events that change nothing in the
answer. Answers are kept by their reader alone: `Cache-Control: private, no-cache`, `Vary: Authorization`.

**Exports.** `?format=csv`, `ndjson` or `xlsx`, or the header `Accept`, gives a whole list without pages and without
the envelope, as it is at one moment. CSV begins with the names of the fields. Each amount has its currency in the
column after it. A text that a spreadsheet would run as a formula has an apostrophe before it. `xlsx` is a workbook of
Excel with the same columns: texts are texts, amounts numbers, days and instants (UTC) dates. Excel holds 15 digits; a
longer amount is a text. A list of more than 1,048,575 rows goes on in the next sheet. If the service fails in the
middle, the chunked transfer breaks off without its end: a file that your client takes as complete is complete. An
export is recorded in the ledger before the first row is sent (`list.exported`): the account, the question with its
filters, and the positions; the same list once a day. No read answers a sealed personal value: its box stays closed.

**Schemas.** `/v1/schemas` lists the JSON Schemas (2020-12) of events, rows of views, commands and answers that your
role may read: those of what it may ask or submit. Events and views are for the roles that read the audit trail, and
`types`, such as money and instants, for everybody. Each schema is served at its `$id`, which never changes:
`/v1/schemas/events/order.placed.v1`. The version of a view is a part of the name, and each table of the view has an
anchor, such as `#payout_steps`. The schema of an event has its payload and its journal entry as they were
recorded. Objects in answers and rows may get further fields. `redledger schema` prints the same files.

**Versions.** `/v1` is the version of all addresses. Within it we only add: commands, questions, fields of answers,
parameters that may be left out, values of open lists, codes of refusals. Ignore what you do not know. Nothing is
renamed, removed or given another meaning; a house test compares the published names with a snapshot. What is to go is
announced first. From then on its answers have the header `Deprecation` (RFC 9745) with the day of the announcement,
`Sunset` (RFC 8594) with the last day, at least a year later, and a `Link` to its successor. A change that breaks
clients gets `/v2`, and `/v1` answers beside it for a year at least. Nothing is deprecated today.

**Methods.** `HEAD` answers like `GET` without the body. `OPTIONS` answers with the header `Allow`. A method that the
address does not have gets 405 and `Allow`.

**Errors** are problem details (RFC 9457, `application/problem+json`): `type`, `title`, `status`, `detail`, and in
addition `code`, which never changes, and `field`, the parameter that is wrong.
"""


_COMMANDS = "/v1/commands/"
_LIMITS = """## Limits

Inputs beyond these are refused. Requests of one sort never take the threads of another: `/healthz` needs neither a
thread nor the database, and webhooks are served while readers wait. Within a sort accounts take turns, so that one
with many requests does not hold up one with few.

429 says that this client sends more than its part: its rate, its part of the places, or too many refused tokens. 503
says that the service cannot answer anybody just now: all its places are taken, or the database is in trouble. Both
have `Retry-After`, in seconds. A client is its account, by any of its tokens; without a token it is its address. Behind
a reverse proxy every client has the address of the proxy, until `trusted_proxies` of the [settings](settings.md) names
it.
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
    answers = meanings | troubles | ELSEWHERE | OF_COMMANDS
    rows = [(str(status), f"`{code}`", meaning) for (status, code), meaning in answers.items()]
    return "\n" + table(("Status", "Code", "When"), sorted(rows)) + "\n"


def _limits() -> str:
    """Returns the table of limits and of the answers beyond them."""
    return f"\n{_LIMITS}\n{table(('What', 'Limit', 'Beyond it'), LIMITS)}\n"


def _routes(paths: dict[str, Any]) -> Iterator[str]:
    for path, methods in paths.items():
        if path.startswith(_COMMANDS):
            continue  # the document of commands has their fields
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
