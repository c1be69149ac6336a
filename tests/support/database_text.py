"""All text of a database, to look for what must not stand there."""

from __future__ import annotations

import psycopg2


def everything_in(url: str) -> str:
    """Returns every row of every table, as text."""
    connection = psycopg2.connect(url.replace("postgresql+psycopg2://", "postgresql://"))
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        texts = []
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT t::text FROM {table} AS t")
            texts += [row[0] for row in cursor.fetchall()]
    connection.close()
    return "\n".join(texts)
