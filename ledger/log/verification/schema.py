"""Compares the objects of the schema `log` with those of the revisions: columns, checks, triggers, functions, rights.

`schema.json` beside this file has a line for each object. `python -m tests.golden.schema` writes it after a revision.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from ledger.log.reader import Reader
from ledger.log.verification.finding import Finding, missing, unexpected

MADE = Path(__file__).with_name("schema.json")
# Constraints of kind n (not null) are part of the columns. The owner is left out: its name differs by server.
_OBJECTS = """
WITH tables AS (
    SELECT c.* FROM pg_catalog.pg_class c WHERE c.relnamespace = 'log'::regnamespace AND c.relkind IN ('r', 'p')
), functions AS (
    SELECT p.*, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS signature
    FROM pg_catalog.pg_proc p WHERE p.pronamespace = 'log'::regnamespace
)
SELECT 'column ' || t.relname || '.' || a.attname,
       concat_ws(' ', format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END,
                 pg_get_expr(d.adbin, d.adrelid))
FROM tables t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
UNION ALL
SELECT 'constraint ' || t.relname || '.' || c.conname,
       pg_get_constraintdef(c.oid) || CASE WHEN c.convalidated THEN '' ELSE ', not validated' END
FROM tables t JOIN pg_catalog.pg_constraint c ON c.conrelid = t.oid AND c.contype <> 'n'
UNION ALL
SELECT 'trigger ' || t.relname || '.' || g.tgname,
       pg_get_triggerdef(g.oid) || CASE g.tgenabled WHEN 'O' THEN '' ELSE ', enabled ' || g.tgenabled::text END
FROM tables t JOIN pg_catalog.pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
UNION ALL
SELECT 'rule ' || t.relname || '.' || r.rulename, pg_get_ruledef(r.oid)
FROM tables t JOIN pg_catalog.pg_rewrite r ON r.ev_class = t.oid
UNION ALL
SELECT 'table ' || t.relname,
       concat_ws(' ', 'of', NULLIF(t.relpersistence::text, 'p'), CASE WHEN t.relrowsecurity THEN 'row security' END,
                 (SELECT string_agg(p, ', ' ORDER BY p)
                  FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p
                  WHERE has_table_privilege('redledger_app', t.oid, p)))
FROM tables t
UNION ALL
SELECT 'function ' || f.signature,
       concat_ws(' ', CASE WHEN f.prosecdef THEN 'security definer' END, array_to_string(f.proconfig, ' '),
                 CASE WHEN has_function_privilege('redledger_app', f.oid, 'EXECUTE') THEN 'for redledger_app' END,
                 encode(sha256(convert_to(coalesce(pg_get_function_sqlbody(f.oid), f.prosrc), 'UTF8')), 'hex'))
FROM functions f
ORDER BY 1
"""


def objects_of(reader: Reader) -> dict[str, str]:
    """Returns the definition of each object of the schema `log`; for a function, the digest of its code."""
    return {str(name): str(said) for name, said in reader.select(_OBJECTS)}


def schema_findings(reader: Reader) -> Iterator[Finding]:
    """Yields objects that differ from the revisions: a check, trigger, function or right that was changed."""
    made: dict[str, str] = json.loads(MADE.read_text(encoding="utf-8"))
    there = objects_of(reader)
    for name in sorted(made.keys() | there.keys()):
        if name not in there:
            yield missing("schema log", name, made[name])
        elif name not in made:
            yield unexpected("schema log", name, there[name])
        elif made[name] != there[name]:
            yield Finding("schema log", name, "definition", made[name], there[name])
