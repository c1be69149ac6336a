"""Check of a ledger's cluster against what is declared: places of tables and functions, roles, settings, servers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, text

from ledger.log.engine import APP_ROLE
from ledger.log.placement import is_placed
from service.cluster.coordinator import DECLARED, coordinator, functions_of_a_book
from service.failures import ServiceFailure


class Difference(NamedTuple):
    """One part of the cluster that is not as it must be, and what to do."""

    part: str
    expected: str
    found: str
    remedy: str


_PREPARE = "Run `redledger cluster prepare`."
_PLACES = """
SELECT t.name, CASE
    WHEN p.logicalrelid IS NULL THEN 'on one server'
    WHEN p.partmethod = 'n' AND p.repmodel = 't' THEN 'on every server'
    WHEN p.partmethod = 'h' AND p.colocationid = heads.colocationid THEN 'by book'
    ELSE 'apart from log.heads' END
FROM unnest(CAST(:names AS text[])) AS t (name)
CROSS JOIN (SELECT colocationid FROM pg_dist_partition WHERE logicalrelid = 'log.heads'::regclass) AS heads
LEFT JOIN pg_dist_partition p ON p.logicalrelid = to_regclass(t.name)
WHERE to_regclass(t.name) IS NOT NULL
"""
_VIEWS = "SELECT projection, string_to_table(tables, ' ') FROM views.generations ORDER BY 1, 2"
_HAVE_VIEWS = "SELECT to_regclass('views.generations') IS NOT NULL"
_RUN_ELSEWHERE = """
SELECT signature FROM unnest(CAST(:signatures AS text[])) AS s (signature) LEFT JOIN pg_catalog.pg_dist_object o
ON o.classid = 'pg_proc'::regclass AND o.objid = to_regprocedure(s.signature)
AND o.colocationid = (SELECT colocationid FROM pg_dist_partition WHERE logicalrelid = 'log.heads'::regclass)
WHERE o.distribution_argument_index IS DISTINCT FROM 0
"""
_NOT_CONNECTED = """
SELECT from_nodename || ':' || from_nodeport, to_nodename || ':' || to_nodeport
FROM citus_check_cluster_node_health() WHERE result IS NOT TRUE
"""
_ON_EACH = """
SELECT nodename || ':' || nodeport, result FROM run_command_on_all_nodes(:command) JOIN pg_dist_node USING (nodeid)
ORDER BY 1
"""
_MAY_LOG_IN = f"SELECT coalesce((SELECT rolcanlogin FROM pg_roles WHERE rolname = '{APP_ROLE}'), false)"
_PREPARED_TRANSACTIONS = "SELECT setting::integer > 0 FROM pg_settings WHERE name = 'max_prepared_transactions'"
_GUARDED = """
SELECT tgrelid::regclass::text, count(*) FROM pg_trigger WHERE NOT tgisinternal
AND tgrelid IN (SELECT logicalrelid FROM pg_dist_partition) GROUP BY 1 ORDER BY 1
"""
_ON_SHARDS = """
SELECT shardid, result FROM run_command_on_shards(
    CAST(:table AS regclass), $$SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = '%s'::regclass$$
) WHERE result <> CAST(:triggers AS text) ORDER BY 1
"""


def differences(url: str) -> list[Difference]:
    """Returns all differences of the cluster from what is declared. Raises `ServiceFailure` if it has no ledger."""
    with coordinator(url) as connection:
        if not is_placed(connection):
            raise ServiceFailure(f"This cluster is not prepared for a ledger. {_PREPARE}")
        lost = list(_connections(connection))
        return lost or [  # the other checks ask every server
            *_places(connection),
            *_functions(connection),
            *_servers(connection),
            *_guards(connection),
        ]


def _connections(connection: Connection) -> Iterator[Difference]:
    for one, other in connection.execute(text(_NOT_CONNECTED)):
        yield Difference(
            f"{one} to {other}", "a connection", "none", "Start both servers; then check pg_hba.conf and passwords."
        )


def _places(connection: Connection) -> Iterator[Difference]:
    wanted = {table: (placement, _PREPARE) for table, placement in DECLARED.items()}
    if connection.execute(text(_HAVE_VIEWS)).scalar():
        for view, table in connection.execute(text(_VIEWS)):
            wanted[f"views.{table}"] = ("by book", f"Run `redledger rebuild {view}`.")
    for table, found in connection.execute(text(_PLACES), {"names": list(wanted)}):
        placement, remedy = wanted[table]
        if found != placement:
            yield Difference(table, placement, found, remedy)


def _functions(connection: Connection) -> Iterator[Difference]:
    signatures = functions_of_a_book(connection)
    for signature in connection.execute(text(_RUN_ELSEWHERE), {"signatures": signatures}).scalars():
        yield Difference(signature, "runs on the server of the book", "runs on the coordinator", _PREPARE)


def _servers(connection: Connection) -> Iterator[Difference]:
    for server, result in connection.execute(text(_ON_EACH), {"command": _MAY_LOG_IN}):
        if result != "t":
            yield Difference(f"{APP_ROLE} on {server}", "may log in", "may not log in", _PREPARE)
    for server, result in connection.execute(text(_ON_EACH), {"command": _PREPARED_TRANSACTIONS}):
        if result != "t":
            remedy = "Set it as high as max_connections on every server, and restart them."
            yield Difference(f"max_prepared_transactions on {server}", "more than 0", "0", remedy)
    if connection.execute(text("SHOW citus.enable_unsafe_triggers")).scalar() != "on":
        yield Difference("citus.enable_unsafe_triggers", "on", "off", _PREPARE)


def _guards(connection: Connection) -> Iterator[Difference]:
    for table, triggers in connection.execute(text(_GUARDED)).all():
        for shard, found in connection.execute(text(_ON_SHARDS), {"table": table, "triggers": triggers}):
            remedy = "Make the trigger again as ledger/log/migrations has it."
            yield Difference(f"shard {shard} of {table}", f"{triggers} triggers", f"{found} triggers", remedy)
