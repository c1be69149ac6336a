"""Checks after the kills: each acknowledged command is in the log once, nothing is doubled, everything is verified."""

from __future__ import annotations

from service.app import open_app
from service.cli.main import main
from tests.kills.bench import LedgerUnderTest

# How often each command id is answered in the log: its events count once, each outcome without events once.
_ANSWERS = """
SELECT split_part(command_id, '/', 2), count(*), bool_and(whole) FROM (
    SELECT command_id, count(*) = max(command_n) - min(command_n) + 1 AS whole
    FROM log.events GROUP BY book, command_id, fingerprint
    UNION ALL SELECT command_id, true FROM log.outcomes
) AS answers GROUP BY command_id
"""
# By type: how many events there are, and how many there would be if each thing had happened once.
_DOUBLED = """
SELECT type, count(*), count(DISTINCT (stream, CASE WHEN type = 'statement.issued'
                                               THEN payload::jsonb ->> 'run_id' ELSE '' END))
FROM log.events WHERE type IN ('merchant.enrolled', 'unmatched.fact_reported', 'payout.initiated', 'statement.issued',
                               'settlement_run.started', 'settlement_run.completed', 'file.recorded')
GROUP BY type HAVING count(*) <> count(DISTINCT (stream, CASE WHEN type = 'statement.issued'
                                                         THEN payload::jsonb ->> 'run_id' ELSE '' END))
"""


def check(bench: LedgerUnderTest) -> str:
    """Raises `AssertionError` where something does not hold; says what was compared."""
    with open_app(bench.settings):
        assert bench.rows("SHOW fsync") == [("on",)], "the server was to keep what it acknowledges"
        answers: dict[str, int] = {}
        for id, count, whole in bench.rows(_ANSWERS):
            assert whole, f"{id} is recorded in part"
            answers[id] = answers.get(id, 0) + count
        lost = sorted(bench.acknowledged - answers.keys())
        assert not lost, f"{len(lost)} acknowledged commands are not in the log: {lost[:5]}"
        twice = sorted(id for id in bench.acknowledged if answers[id] != 1)
        assert not twice, f"{len(twice)} acknowledged commands are answered more than once: {twice[:5]}"
        assert bench.acknowledged, "no command was acknowledged"
        assert not (doubled := bench.rows(_DOUBLED)), f"recorded more than once, type, events, things: {doubled}"
        events = bench.count("SELECT sum(position) FROM log.heads")
        for asked in (("verify-log",), ("verify-views",), ("trial-balance",)):
            assert (code := ended(*asked, "--data-dir", str(bench.folder))) == 0, f"{asked[0]} ended with {code}"
    return (
        f"{len(bench.acknowledged):,} acknowledged commands are in the log once each, {events:,} events;"
        " nothing is doubled, log and views hold, and the trial balance is zero"
    )


def ended(*arguments: str) -> int:
    """Runs `redledger` in this process and returns its exit code."""
    try:
        main(arguments)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0
