"""Generates the document of limits: the format, size, depth and range of inputs."""

from __future__ import annotations

from ledger import limits as table_of
from ledger.fx import CNY
from ledger.money import Money
from service.docs_from_code.markdown import table

_HEAD = """# Limits

Made from the code by `python -m service.docs_from_code`, from the one table `ledger/limits.py`.

Every entrance keeps to these: the command line, `redledger record`, HTTP parameters, webhooks, imported files. A command
that does not is malformed: it is not recorded, and the field that is wrong is named, in the same words at every
entrance (`ledger/validation_messages.py`). A file names the line. A partner's
own words that are too long are cut, and a time that can never be meant is reported as unknown. The writer decodes and encodes each event before it is appended; what a reader could not find again
is refused as `VALUE_NOT_STORABLE`.

## How values are written

| Value | Written | Not |
|---|---|---|
| amount | `"USD 69.44"`, `"USD 6,944.00"` in groups of three, `{"currency": "USD", "amount": "69.44"}`, `{"currency": "USD", "minor": 6944}` | `USD 69,44` · `USD 1_000` · `USD +5` · `USD 5e1` · `USD .5` · two spaces · other scripts' digits |
| rate, number | `7.18`, `12` | `7,18` · `+7` · `1e0` · `1_0` · `5.` |
| instant | RFC 3339 with its zone: `2025-04-01T08:00:00Z`, `2025-04-01T16:00+08:00` | a time without its zone · seconds since 1970 · week dates |
| day, month | `2025-06-30`, `2025-06` | `20250630` · `2025-6-30` |
| duration | ISO 8601: `P20D`, `PT30M`, `P1DT12H`, `P2W`; `P1Y` is 365 days | `P1M` · `20 days` · negative ones |
| time zone | a name of the IANA database: `Asia/Shanghai` | `UTC+8` |
| a partner's reference | as the partner writes it; two are the same if they are equal in Unicode NFKC, without invisible characters and outer blanks | upper and lower case differ |

## How far they go

"""  # noqa: E501


def limits() -> str:
    """Returns the text of `docs/limits.md`."""
    return _HEAD + table(("Of", "At least", "At most", "Beyond it"), [*_of_time(), *_of_numbers(), *_of_shape()]) + "\n"


def _of_time() -> list[tuple[str, str, str, str]]:
    latest = f"{table_of.LATEST_INSTANT:%Y-%m-%dT%H:%M:%SZ}"
    return [
        ("an instant", f"{table_of.EARLIEST_INSTANT:%Y-%m-%dT%H:%M:%SZ}", latest, "its last hours are read as that"),
        ("an instant's offset", "-14:00", "+14:00", "refused"),
        ("a day", str(table_of.EARLIEST_DAY), str(table_of.LATEST_DAY), "9999-12-31 is read as that"),
        ("a duration", "nothing", f"{table_of.LONGEST_DURATION.days} days", "refused; published before: no effect"),
    ]


def _of_numbers() -> list[tuple[str, str, str, str]]:
    amount, balance = (str(Money(minor, CNY)) for minor in (table_of.LARGEST_AMOUNT, table_of.LARGEST_BALANCE))
    return [
        (
            "an amount",
            f"-{table_of.LARGEST_AMOUNT:,} minor units",
            f"{table_of.LARGEST_AMOUNT:,} ({amount})",
            "refused",
        ),
        ("a balance or total", "likewise", f"{table_of.LARGEST_BALANCE:,} ({balance})", "refused"),
        ("a quantity of one line", "1", f"{table_of.LARGEST_QUANTITY:,}", "refused"),
        ("a count", "0", f"{table_of.LARGEST_COUNT:,}", "refused"),
        ("a rate", "more than 0", f"{table_of.LARGEST_RATE} minor units of {CNY} for one", "refused"),
        ("any whole number", "", f"{table_of.LARGEST_NUMBER:,} (2^53 - 1, RFC 8785)", "refused"),
    ]


def _of_shape() -> list[tuple[str, str, str, str]]:
    key = f"{table_of.LONGEST_KEY_BYTES} bytes"
    return [
        ("an id of ours", "1 character", f"{table_of.LONGEST_ID} characters", "refused; a partner's: by its digest"),
        ("a reference in a key of a view", "", key, "kept in full in its event, found by its digest"),
        ("a text", "", f"{table_of.LONGEST_TEXT:,} characters", "refused; a partner's words: cut"),
        ("objects and lists in each other", "", f"{table_of.DEEPEST} deep", "refused"),
        ("an object's or a list's items", "", f"{table_of.MOST_ITEMS:,}", "refused"),
        ("a command, or a webhook's body", "", f"{table_of.LONGEST_LINE:,} bytes", "refused"),
    ]
