"""SQL of the queries on merchants' money. `balances` fills in the tables, the positions and the merchants.

`{of}` is the condition on the merchants. One statement for some and for all merchants would keep PostgreSQL from using
the index.
"""

from __future__ import annotations

from projections.engine.vector import each_of, position_in

_SAME_KEY = (
    "l.book = k.book AND l.merchant = k.merchant AND l.account = k.account AND l.psp = k.psp"
    " AND l.currency = k.currency"
)
_POSITION = position_in("k.book", books="%(books)s", positions="%(positions)s")
_VECTOR = "unnest(%(books)s::integer[], %(positions)s::bigint[]) AS v(book, position)"
_OF_BOOKS = "k.book = v.book AND k.book = ANY(%(books)s)"  # the second alone says which servers are asked
_GROUPED = "SELECT merchant, account, sum(base)"

OF_SOME, OF_ALL = "k.merchant = ANY(%(merchants)s)", "k.merchant <> ''"

ALL_NOW = f"{_GROUPED} FROM {{balances}} k WHERE k.book = ANY(%(books)s) AND {{of}} GROUP BY 1, 2"

# One index probe for each key: the last line up to the position.
KNOWN_AT = f"""
{_GROUPED} FROM (
    SELECT k.merchant, k.account, l.running_base AS base
    FROM {{balances}} k CROSS JOIN LATERAL (
        SELECT running_base FROM {{lines}} l WHERE {_SAME_KEY} AND l.position <= {_POSITION}
        ORDER BY l.position DESC, l.line_no DESC LIMIT 1
    ) l
    WHERE k.book = ANY(%(books)s) AND {{of}}
) x GROUP BY 1, 2
"""

# A day that was complete at the position counts as it is. For a day that a later event changed, the lines up to the
# position are summed. The condition is inside the subquery, so that PostgreSQL does not run it for other days.
_DAYS = f"""
    SELECT k.merchant, k.account, k.accounting_date,
           CASE WHEN k.changed_at_position <= v.position THEN k.base ELSE l.base END AS base
    FROM {_VECTOR} JOIN {{days}} k ON {_OF_BOOKS} AND k.first_position <= v.position AND {{of}}
    CROSS JOIN LATERAL (
        SELECT sum(l.base) AS base FROM {{lines}} l
        WHERE k.changed_at_position > {_POSITION} AND {_SAME_KEY} AND l.accounting_date = k.accounting_date
          AND l.position BETWEEN k.first_position AND {_POSITION}
    ) l
    WHERE %(as_of)s::date IS NULL OR k.accounting_date <= %(as_of)s
"""
ON_DAY = f"{_GROUPED} FROM ({_DAYS}) x GROUP BY 1, 2"
# A page of days, and before it the sums up to the page, under no day.
BY_DAY = f"""
WITH changes AS (
    SELECT accounting_date, account, sum(base) AS base FROM ({_DAYS}) x GROUP BY 1, 2
), page AS (
    SELECT DISTINCT accounting_date FROM changes
    WHERE (%(since)s::date IS NULL OR accounting_date >= %(since)s)
      AND (%(after)s::date IS NULL OR accounting_date > %(after)s)
    ORDER BY accounting_date LIMIT %(limit)s
)
SELECT CASE WHEN accounting_date >= (SELECT min(accounting_date) FROM page) THEN accounting_date END AS accounting_date,
       account, sum(base) AS base
FROM changes WHERE accounting_date <= (SELECT max(accounting_date) FROM page) GROUP BY 1, 2 ORDER BY 1 NULLS FIRST
"""

# Sums over the merchants of one of the statements above: what is due from one does not lessen what another has.
TOTALS = """
SELECT count(*), {columns} FROM (
    SELECT merchant, {of_each} FROM ({question}) AS g(merchant, account, base) GROUP BY merchant
) m
"""

# A short scan of the key in each book.
NEXT_MERCHANTS = f"""
SELECT DISTINCT merchant FROM {each_of("%(books)s")} AS v
CROSS JOIN LATERAL (
    SELECT DISTINCT merchant FROM {{balances}} k WHERE k.book = v.book AND merchant > %(after)s
    ORDER BY merchant LIMIT %(limit)s
) k ORDER BY merchant LIMIT %(limit)s
"""

LINES_OF_MERCHANT = f"""
SELECT p.* FROM {{balances}} k CROSS JOIN LATERAL (
    SELECT l.* FROM {{lines}} l
    WHERE {_SAME_KEY} AND (l.position, l.line_no) > (%(position)s, %(line_no)s) AND l.position <= {_POSITION}
      AND (%(as_of)s::date IS NULL OR l.accounting_date <= %(as_of)s)
    ORDER BY l.position, l.line_no LIMIT %(limit)s
) p WHERE k.book = ANY(%(books)s) AND k.merchant = %(merchant)s
ORDER BY p.position, p.line_no LIMIT %(limit)s
"""
