"""The summary of an import: the outcome of every source row, and BRL from the log beside BRL from the source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from commands.bus.outcome import Outcome
from service.demo.olist.log_totals import LogTotals
from service.demo.olist.reais import Reais
from service.demo.olist.source import Row, Table
from service.demo.olist.step import Step

# From best to worst: a row with several commands gets the worst of their outcomes.
RECORDED, REPEATED, NOTHING = "recorded", "repeated", "nothing to do"
REFUSED, FAILED, UNUSED = "refused", "failed", "not referred to"
WORDS = (RECORDED, REPEATED, NOTHING, REFUSED, FAILED, UNUSED)


class RowAccounts:
    """Collects the outcome of every source row."""

    def __init__(self) -> None:
        self._worst: dict[Row, int] = {}
        self.steps: Counter[tuple[str, str]] = Counter()  # (kind of step, outcome)
        self.refusals: Counter[tuple[str, str]] = Counter()  # (kind of step, refusal code)

    def take(self, step: Step, outcome: Outcome) -> None:
        word = _word(outcome)
        rank = WORDS.index(word)
        self.steps[step.kind.word, word] += 1
        if outcome.code:
            self.refusals[step.kind.word, outcome.code] += 1
        for row in step.rows:
            self._worst[row] = max(self._worst.get(row, 0), rank)

    def of(self, table: Table, read: int) -> dict[str, int]:
        """Returns the number of the table's rows by outcome; the numbers add up to `read`."""
        counts = Counter(WORDS[rank] for row, rank in self._worst.items() if row.table is table)
        counts[UNUSED] = read - counts.total()
        return {word: counts[word] for word in WORDS if counts[word]}


@dataclass(slots=True)
class Summary:
    """The summary of an import. `ties`: the log and the refusals add up to the source, to the cent."""

    rows_read: dict[Table, int]
    accounts: RowAccounts
    source: Reais
    refused: Reais
    log: LogTotals
    oddities: dict[str, int]

    @property
    def ties(self) -> bool:
        return self.log.reais + self.refused == self.source

    @property
    def rows(self) -> dict[Table, dict[str, int]]:
        """Returns every table's rows by outcome."""
        return {table: self.accounts.of(table, read) for table, read in self.rows_read.items()}

    def as_json(self) -> dict[str, Any]:
        """Returns the summary as plain JSON; amounts are decimal texts in BRL."""
        return {
            "rows": {table.value: {"read": self.rows_read[table], **words} for table, words in self.rows.items()},
            "commands": _nested(self.accounts.steps),
            "refusals": _nested(self.accounts.refusals),
            "brl": {
                "source": self.source.as_json(),
                "recorded": self.log.reais.as_json(),
                "refused": self.refused.as_json(),
            },
            "ties": self.ties,
            "events": dict(sorted(self.log.events.items())),
            "breaks": dict(sorted(self.log.breaks.items())),
            "oddities": self.oddities,
        }

    def sections(self) -> list[Section]:
        """Returns the summary as tables."""
        shown = self.as_json()
        return [
            Section("Source rows", ("table", "read", *WORDS), [
                (table, str(words["read"]), *(str(words.get(word, 0)) for word in WORDS))
                for table, words in shown["rows"].items()
            ]),
            Section("Commands", ("command", *WORDS[:-1]), [
                (kind, *(str(words.get(word, 0)) for word in WORDS[:-1])) for kind, words in shown["commands"].items()
            ]),
            Section("Refused", ("command", "code", "count"), [
                (kind, code, str(count)) for kind, codes in shown["refusals"].items() for code, count in codes.items()
            ]),
            Section("BRL", ("", "items", "freight", "payments"), [
                (name, *amounts.values()) for name, amounts in shown["brl"].items()
            ]),
            Section("Breaks opened", ("kind", "count"), _pairs(shown["breaks"])),
            Section("Odd in the source", ("what", "count"), _pairs(shown["oddities"])),
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Section:
    """One table of the summary: its title, column names and rows of texts."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def _word(outcome: Outcome) -> str:
    match outcome.status:
        case "refused":
            return REFUSED
        case "fault":
            return FAILED
        case "recorded" | "nothing" if outcome.repeated:
            return REPEATED
        case "recorded":
            return RECORDED
        case "nothing":
            return NOTHING
        case _:
            assert_never(outcome.status)


def _nested(counts: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    nested: dict[str, dict[str, int]] = {}
    for (outer, inner), count in sorted(counts.items()):
        nested.setdefault(outer, {})[inner] = count
    return nested


def _pairs(counts: dict[str, int]) -> list[tuple[str, str]]:
    return [(name, str(count)) for name, count in counts.items()]
