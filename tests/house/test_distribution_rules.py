"""Rules that keep the tables distributable by book (design §4), for every table, function and statement.

The catalogue is that of a migrated database with a generation of every view; the statements are the SQL files of the
revisions and the SQL texts in the Python sources.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from pglast import parse_plpgsql, parse_sql
from sqlalchemy.engine import make_url

from ledger.keys import FileKeyStore
from ledger.ledger import Ledger
from projections.engine.generations import ensure_live
from projections.registry import PROJECTIONS
from tests.house.book_statements import REFERENCE_TABLES, unbound
from tests.house.book_statements import ast as statement_kinds
from tests.house.sources import PACKAGES, modules, parsed, shown

REVISIONS = Path(__file__).resolve().parents[2] / "ledger/log/migrations/versions"
SQL_FILES = sorted(REVISIONS.rglob("*.sql"))
LONGEST_NAME = 50  # bytes: shards carry a suffix, and what does not fit is cut and hashed

# Advisory locks are local to a node. These modules take one that nothing right depends on.
LOCKING = {
    "ledger/log/migrations/__init__.py": "migrations of a database wait for each other",
    "projections/engine/control.py": "the engine's own tables are made and altered by one process at a time",
    "projections/engine/candidates.py": "spares a second rebuild of the same view",
}
# Functions that read or write all books, and why.
OF_ALL_BOOKS = {
    ("create_books", "log.heads"): "founds the ledger, and adds books",
    ("assign_books", "log.heads"): "a new merchant's book is chosen among all; the directory is on every server anyway",
    ("time_of_scenario", "log.heads"): "of a demonstration only",
    ("time_of_scenario", "log.events"): "of a demonstration only",
}
# Statements outside the path of a command that ask all books together, and why.
READING_ALL_BOOKS = {
    ("ledger/log/reader.py", "log.heads"): "the ends of all books together; each alone if one is lost",
    ("ledger/log/books.py", "log.heads"): "the founding of a ledger looks for what a cut-off move left",
    ("service/demo/trading_month.py", "log.events"): "the summary of a demonstration",
    ("service/demo/trading_month.py", "log.outcomes"): "the summary of a demonstration",
    ("service/finance/proposals.py", "log.events"): "a proposal is named without its stream",
    ("service/views/lags.py", "log.events"): "the age of what views have not folded, in all books",
    ("service/views/generations.py", "log.heads"): "the progress of rebuilds, in all books",
}
_OUTER_JOINS = re.compile(r"\b((?:log|views)\.\w+)(?: \w+)?\s+LEFT JOIN\s[^.]*?((?:log|views|delivery)\.\w+)")
_ROWS = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(log\.\w+)", re.IGNORECASE)


@pytest.fixture(scope="module")
def catalogue(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A cursor on a database with the whole schema, views included."""
    server, template = request.getfixturevalue("postgres"), request.getfixturevalue("template")
    from tests.support.postgres import clone

    url = clone(server, template, "distribution_rules")
    with Ledger.open(url, keys=FileKeyStore(tmp_path_factory.mktemp("keys") / "keys"), books=2) as ledger:
        for projection in PROJECTIONS.values():
            ensure_live(ledger.engine, projection)
    connection = psycopg2.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
    with connection.cursor() as cursor:
        yield cursor
    connection.close()


def found(cursor: Any, query: str) -> list[Any]:
    """Returns the result of a query over the tables of the log and of the views, as `schema.name …` texts."""
    cursor.execute(query.replace("OURS", "n.nspname IN ('log', 'delivery', 'views')"))
    return [row[0] if len(row) == 1 else row for row in cursor.fetchall()]


def test_the_catalogue_holds_the_log_and_a_generation_of_every_view(catalogue: Any) -> None:
    tables = set(found(catalogue, _TABLES))
    assert {"log.events", "log.heads", "log.outcomes", "log.accounts"} < tables
    assert len([table for table in tables if table.startswith("views.")]) > len(PROJECTIONS)


def test_every_table_has_a_primary_key(catalogue: Any) -> None:
    assert set(found(catalogue, _TABLES)) == {table for table, _ in found(catalogue, _PRIMARY_KEYS)}


def test_every_unique_key_begins_with_the_book(catalogue: Any) -> None:
    wrong = [key for table, key, first in found(catalogue, _UNIQUE_KEYS) if first != "book"]
    exempt = [key for table, key, _ in found(catalogue, _UNIQUE_KEYS) if table in REFERENCE_TABLES]
    assert sorted(wrong) == sorted(exempt)


def test_every_exempted_table_exists(catalogue: Any) -> None:
    assert REFERENCE_TABLES.keys() <= set(found(catalogue, _TABLES))


def test_the_book_has_one_type_everywhere(catalogue: Any) -> None:
    assert {kind for _, kind in found(catalogue, _BOOK_COLUMNS)} == {"integer"}


def test_no_column_counts_for_itself(catalogue: Any) -> None:
    assert not found(catalogue, _COUNTING_COLUMNS)


def test_there_is_no_sequence(catalogue: Any) -> None:
    assert not found(catalogue, _SEQUENCES)


def test_a_foreign_key_stays_in_its_book(catalogue: Any) -> None:
    assert not [key for key, first in found(catalogue, _FOREIGN_KEYS) if first != "book"]


def test_names_are_short_enough_for_a_shards_suffix(catalogue: Any) -> None:
    assert not [name for name in found(catalogue, _NAMES) if len(name.encode()) > LONGEST_NAME]


def test_functions_with_parameters_that_are_called_by_name_are_plpgsql(catalogue: Any) -> None:
    assert {language for _, language in found(catalogue, _CALLABLE)} == {"plpgsql"}


@pytest.mark.parametrize("file", SQL_FILES, ids=lambda file: str(file.relative_to(REVISIONS)))
class TestFunctions:
    def test_takes_no_advisory_lock_and_notifies_nobody(self, file: Path) -> None:
        assert not re.search(r"\b(pg_(try_)?advisory\w*|pg_notify|NOTIFY|LISTEN)\b", code(file), re.IGNORECASE)

    def test_asks_for_no_transaction_id(self, file: Path) -> None:
        assert not re.search(r"\b(xid8|pg_snapshot\w*|txid_\w+|pg_current_xact_id\w*)\b", code(file), re.IGNORECASE)

    def test_reads_no_clock_where_a_conflict_or_an_update_sets_a_column(self, file: Path) -> None:
        for statement in re.findall(r"\bSET\b[^;]*;", code(file)):
            assert not re.search(r"\b(now|clock_timestamp|random|gen_random_uuid)\s*\(", statement), statement

    def test_sets_no_column_by_one_of_our_functions(self, file: Path) -> None:
        for statement in re.findall(r"\bUPDATE\s+log\.[^;]*;", code(file)):
            assert not re.search(r"=\s*log\.\w+\s*\(", statement), statement

    def test_branches_on_no_name_of_a_constraint(self, file: Path) -> None:
        assert not re.search(r"\b(CONSTRAINT_NAME|TABLE_NAME|TG_TABLE_NAME)\b", code(file))

    def test_forces_no_plan(self, file: Path) -> None:
        assert "plan_cache_mode" not in code(file)

    def test_reads_and_writes_one_book_in_every_statement(self, file: Path) -> None:
        wrong = {
            (function, table)
            for function, query in queries_of(file)
            for table in unbound(query)
            if (function, table) not in OF_ALL_BOOKS
        }
        assert not wrong


class TestSourceTexts:
    def test_no_code_branches_on_the_name_of_a_constraint(self) -> None:
        wrong = [
            f"{shown(path)}:{node.lineno}"
            for path, node in nodes(ast.Attribute)
            if node.attr in ("constraint_name", "table_name") and "diag" in ast.unparse(node)
        ]
        assert not wrong

    def test_the_log_is_written_through_its_functions_only(self) -> None:
        wrong = [
            f"{shown(path)}:{node.lineno}"
            for path, node in nodes(ast.Constant)
            if isinstance(node.value, str) and (set(_ROWS.findall(node.value)) - REFERENCE_TABLES.keys())
        ]
        assert not wrong

    def test_only_wake_ups_notify_and_no_other_module_takes_an_advisory_lock(self) -> None:
        texts = [(shown(path), node.value) for path, node in nodes(ast.Constant) if isinstance(node.value, str)]
        locking = {path for path, text in texts if re.search(r"\bpg_(try_)?advisory_\w*lock\w*\(", text)}
        notifying = {path for path, text in texts if re.search(r"\bpg_notify\(|^NOTIFY\b", text)}
        assert locking == LOCKING.keys()
        assert notifying == {"ledger/log/wakeups.py"}

    def test_no_table_of_every_server_is_the_outer_side_of_a_join_with_books(self) -> None:
        """A cluster reads the whole inner table, of all books, and sends it around."""
        wrong = [
            f"{shown(path)}:{node.lineno}"
            for path, node in nodes(ast.Constant)
            if isinstance(node.value, str)
            for outer, inner in _OUTER_JOINS.findall(node.value)
            if outer in REFERENCE_TABLES and inner not in REFERENCE_TABLES
        ]
        assert not wrong

    def test_a_statement_of_all_books_is_a_named_exception(self) -> None:
        found = {
            (path, table)
            for path, text in sql_texts()
            for table in unbound(text)
            if table in ("log.heads", "log.events", "log.outcomes", "log.accounts")
        }
        assert found == READING_ALL_BOOKS.keys()


def code(file: Path) -> str:
    """The file without its comments."""
    return re.sub(r"--[^\n]*", "", file.read_text(encoding="utf-8"))


def queries_of(file: Path) -> Iterator[tuple[str, str]]:
    """Yields the statements in the bodies of the file's functions, each with the name of its function."""
    # The parser knows no types of ours.
    text = re.sub(r"(\bv_\w+|RETURNS) log\.\w+", r"\1 record", code(file)).encode()
    raw: Any
    for raw in parse_sql(text.decode()):
        if isinstance(raw.stmt, statement_kinds.CreateFunctionStmt) and "plpgsql" in str(raw.stmt.options):
            end = raw.stmt_location + raw.stmt_len if raw.stmt_len else len(text)
            parsed_function = parse_plpgsql(text[raw.stmt_location : end].decode())
            yield from ((raw.stmt.funcname[-1].sval, query) for query in _queries(parsed_function))


def _queries(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if (text := node.get("query")) is not None:
            yield _whole(text)
        for each in node.values():
            yield from _queries(each)
    elif isinstance(node, list):
        for each in node:
            yield from _queries(each)


def _whole(text: str) -> str:
    """An expression or an assignment of PL/pgSQL as a statement."""
    text = re.sub(r"^[\w.]+(\[[^]]*\])? := ", "", text)
    return text if re.match(r"(SELECT|INSERT|UPDATE|DELETE|WITH)\b", text, re.IGNORECASE) else f"SELECT {text}"


def sql_texts() -> Iterator[tuple[str, str]]:
    """Yields the SQL constants of the sources that name a table of the log, with their file."""
    for path, node in nodes(ast.Constant):
        if isinstance(node.value, str) and re.match(r"\s*(SELECT|WITH)\b", node.value) and " log." in node.value:
            text = re.sub(r"%\(\w+\)s|%s|(?<!:):\w+", "NULL", node.value)
            if "{" not in text:
                yield shown(path), text


def nodes(kind: type[Any]) -> Iterator[tuple[Path, Any]]:
    for package in PACKAGES:
        for path in modules(package):
            yield from ((path, node) for node in ast.walk(parsed(path)) if isinstance(node, kind))


_FROM = "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
_TABLES = f"SELECT n.nspname || '.' || c.relname {_FROM} WHERE OURS AND c.relkind IN ('r', 'p')"
_KEYS = (
    "SELECT n.nspname || '.' || c.relname, {} FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
    " JOIN pg_class k ON k.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
    " LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] WHERE OURS AND {}"
)
_PRIMARY_KEYS = _KEYS.format("k.relname", "i.indisprimary")
_UNIQUE_KEYS = _KEYS.format("k.relname, a.attname", "i.indisunique")
_COLUMNS = f"{_FROM} JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
_BOOK_COLUMNS = (
    f"SELECT n.nspname || '.' || c.relname, format_type(a.atttypid, NULL) {_COLUMNS}"
    " WHERE OURS AND c.relkind IN ('r', 'p') AND a.attname = 'book'"
)
_COUNTING_COLUMNS = (
    f"SELECT n.nspname || '.' || c.relname || '.' || a.attname {_COLUMNS} LEFT JOIN pg_attrdef d"
    " ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE OURS AND (a.attidentity <> ''"
    " OR pg_get_expr(d.adbin, d.adrelid) LIKE '%nextval%')"
)
_SEQUENCES = f"SELECT n.nspname || '.' || c.relname {_FROM} WHERE OURS AND c.relkind = 'S'"
_FOREIGN_KEYS = (
    "SELECT o.conname, a.attname FROM pg_constraint o JOIN pg_namespace n ON n.oid = o.connamespace"
    " JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = o.conkey[1] WHERE OURS AND o.contype = 'f'"
)
_NAMES = (
    f"SELECT c.relname::text {_FROM} WHERE OURS UNION SELECT o.conname::text FROM pg_constraint o"
    " JOIN pg_namespace n ON n.oid = o.connamespace WHERE OURS AND o.contype <> 'n'"
)
_CALLABLE = (
    "SELECT p.proname, l.lanname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
    " JOIN pg_language l ON l.oid = p.prolang WHERE n.nspname = 'log'"
    " AND has_function_privilege('redledger_app', p.oid, 'EXECUTE')"
)
