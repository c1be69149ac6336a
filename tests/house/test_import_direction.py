"""commands → ledger ← projections; service sees all three; nothing sees service (design §1)."""

from __future__ import annotations

import sys

import pytest

from tests.house.sources import PACKAGES, imports, modules, shown

MAY_IMPORT = {
    "ledger": {"ledger"},
    "commands": {"commands", "ledger"},
    "projections": {"projections", "ledger"},
    "service": {"service", "commands", "projections", "ledger"},
}
LIBRARIES = {"eventsourcing", "sqlalchemy", "psycopg2", "pydantic", "pydantic_core", "cryptography", "tzdata"}
ONLY_FOR_MIGRATIONS = "alembic"
STATE_OF_STREAMS = "ledger.streams"


def _top(name: str) -> str:
    return name.partition(".")[0]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_sees_only_the_packages_it_stands_on(package: str) -> None:
    wrong = [
        f"{shown(path)}:{line} imports {name}"
        for path in modules(package)
        for line, name in imports(path)
        if _top(name) in (*PACKAGES, "tests") and _top(name) not in MAY_IMPORT[package]
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("package", ["ledger", "commands", "projections"])
def test_the_inner_packages_work_with_few_libraries(package: str) -> None:
    known = LIBRARIES | set(sys.stdlib_module_names) | set(PACKAGES)
    wrong = [
        f"{shown(path)}:{line} imports {name}"
        for path in modules(package)
        for line, name in imports(path)
        if _top(name) not in known | ({ONLY_FOR_MIGRATIONS} if "ledger/log/migrations/" in shown(path) else set())
    ]
    assert not wrong, "\n".join(wrong)


def test_projections_know_events_and_never_the_state_of_streams() -> None:
    wrong = [
        f"{shown(path)}:{line} imports {name}"
        for path in modules("projections")
        for line, name in imports(path)
        if name == STATE_OF_STREAMS or name.startswith(f"{STATE_OF_STREAMS}.")
    ]
    assert not wrong, "\n".join(wrong)


def test_the_client_for_other_programs_sees_nothing_of_the_service() -> None:
    known = {"redledger", "httpx2", "nats"} | set(sys.stdlib_module_names)
    wrong = [
        f"{shown(path)}:{line} imports {name}"
        for path in modules("redledger")
        for line, name in imports(path)
        if _top(name) not in known
    ]
    assert not wrong, "\n".join(wrong)
