"""Runs the import: reads and checks the folder, submits its commands in batches, and counts the outcome of
every row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from commands.bus.outcome import Outcome
from commands.command import Command
from ledger.policies.reference import Reference
from service.adapters.ecb import read_ecb
from service.demo.olist.folder import read_folder
from service.demo.olist.log_totals import Stored, log_totals
from service.demo.olist.oddities import oddities
from service.demo.olist.plan import Plan, make_plan
from service.demo.olist.reais import NO_REAIS
from service.demo.olist.summary import RowAccounts, Summary

Submit = Callable[[Sequence[Command]], Sequence[Outcome]]
Progress = Callable[[int, int], None]  # commands answered, commands in total
BATCH = 2_000


def default_rate_file(folder: Path) -> Path:
    """Returns the default path of the ECB's rates: beside the folder of orders."""
    return folder.resolve().parent / "fx_ecb" / "eurofxref-hist.zip"


def plan_import(folder: Path, rate_file: Path, in_force: Reference) -> Plan:
    """Returns the plan of the import, and checks the files completely. Raises `BadSource`, `BadRateFile` and
    `NoCrossRate`.
    """
    return make_plan(read_folder(folder), read_ecb(rate_file), in_force)


def run_import(
    plan: Plan,
    submit: Submit,
    read_back: Callable[[], Iterable[Stored]],
    *,
    progress: Progress = lambda _done, _total: None,
    batch: int = BATCH,
) -> Summary:
    """Submits the plan's commands in order and returns their summary.

    `read_back` returns the rows of every book; the recorded amounts are summed from them. An interrupted import may be
    run again: repeated commands get the same answers.
    """
    accounts, refused = RowAccounts(), NO_REAIS
    done = 0
    for steps in plan.batches(batch):
        for step, outcome in zip(steps, submit([step.build() for step in steps]), strict=True):
            accounts.take(step, outcome)
            if not outcome.is_accepted:
                refused = refused + step.reais
        done += len(steps)
        progress(done, len(plan))
    return Summary(
        rows_read=plan.folder.rows_read,
        accounts=accounts,
        source=plan.source_reais,
        refused=refused,
        log=log_totals(plan.folder, read_back()),
        oddities=oddities(plan.folder),
    )
