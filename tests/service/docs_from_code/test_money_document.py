"""The accounts in `docs/money.md` are those of the chart."""

from __future__ import annotations

import re
from pathlib import Path

from ledger.journal.accounts import CHART

MONEY = (Path(__file__).parents[3] / "docs/money.md").read_text(encoding="utf-8")


def test_the_table_of_accounts_is_the_chart() -> None:
    section = MONEY.partition("## Accounts")[2].partition("\n## ")[0]
    table = dict(re.findall(r"\| (\d{4}) \| ([^|]+?) (?=\|)", section))
    assert table == {code: account.title for code, account in CHART.items()}


def test_every_posting_rule_has_its_row() -> None:
    assert re.findall(r"^\| P(\d+) \|", MONEY, re.MULTILINE) == [str(number) for number in range(1, 28)]
