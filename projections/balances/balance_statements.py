"""The questions about merchants' money in SQL; `balances` fills in tables, the vector of positions, and whose it is.

`{of}` is a condition on the merchant, or none: one statement for both would leave the planner no index to use.
"""

_SAME_KEY = (
    "l.book = k.book AND l.merchant = k.merchant AND l.account = k.account AND l.psp = k.psp"
    " AND l.currency = k.currency"
)
_VECTOR = "unnest(%(books)s::integer[], %(positions)s::bigint[]) AS v(book, position)"
_GROUPED = "SELECT merchant, account, sum(base)"

OF_MERCHANT, OF_ALL = "k.merchant = %(merchant)s", "k.merchant <> ''"

ALL_NOW = f"{_GROUPED} FROM {{balances}} k WHERE k.book = ANY(%(books)s) AND {{of}} GROUP BY 1, 2"

# One probe of the index for each key: the last line that was known.
KNOWN_AT = f"""
{_GROUPED} FROM (
    SELECT k.merchant, k.account, l.running_base AS base
    FROM {_VECTOR} JOIN {{balances}} k ON k.book = v.book AND {{of}}
    CROSS JOIN LATERAL (
        SELECT running_base FROM {{lines}} l WHERE {_SAME_KEY} AND l.position <= v.position
        ORDER BY l.position DESC, l.line_no DESC LIMIT 1
    ) l
) x GROUP BY 1, 2
"""

# Days that were complete at the vector count as they are; of a day that later events moved, the lines known by then do.
# That is asked inside of the subquery, which is then not run at all for the others.
ON_DAY = f"""
{_GROUPED} FROM (
    SELECT k.merchant, k.account,
           CASE WHEN k.changed_at_position <= v.position THEN k.base ELSE l.base END AS base
    FROM {_VECTOR} JOIN {{days}} k ON k.book = v.book AND k.first_position <= v.position AND {{of}}
    CROSS JOIN LATERAL (
        SELECT sum(l.base) AS base FROM {{lines}} l
        WHERE k.changed_at_position > v.position AND {_SAME_KEY} AND l.accounting_date = k.accounting_date
          AND l.position BETWEEN k.first_position AND v.position
    ) l
    WHERE k.accounting_date <= %(as_of)s
) x GROUP BY 1, 2
"""

LINES_OF_MERCHANT = f"""
SELECT p.* FROM {_VECTOR} JOIN {{balances}} k ON k.book = v.book AND k.merchant = %(merchant)s
CROSS JOIN LATERAL (
    SELECT l.* FROM {{lines}} l
    WHERE {_SAME_KEY} AND (l.position, l.line_no) > (%(position)s, %(line_no)s) AND l.position <= v.position
      AND (%(as_of)s::date IS NULL OR l.accounting_date <= %(as_of)s)
    ORDER BY l.position, l.line_no LIMIT %(limit)s
) p ORDER BY p.position, p.line_no LIMIT %(limit)s
"""
