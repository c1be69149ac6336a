-- The leaf of a row: SHA-256 over its fields as text, in a fixed order, with U+001F between them (no field contains
-- it). ledger/log/preimage.py specifies it for verifiers and lists the fields of events; hashed_rows.py lists the other
-- rows'.
CREATE FUNCTION log.hash_of(p_fields text[]) RETURNS bytea
LANGUAGE sql IMMUTABLE
RETURN sha256(convert_to(array_to_string(p_fields, E'\x1f'), 'UTF8'));

-- Returns an instant as RFC 3339 in UTC, to the microsecond.
CREATE FUNCTION log.instant_text(p_at timestamptz) RETURNS text
LANGUAGE sql STABLE
RETURN to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

CREATE FUNCTION log.identity_leaf(
    p_ledger_id uuid, p_epoch integer, p_zone text, p_created_at timestamptz, p_demonstration boolean, p_books integer
) RETURNS bytea
LANGUAGE sql STABLE
RETURN log.hash_of(ARRAY[
    p_ledger_id::text, p_epoch::text, p_zone, log.instant_text(p_created_at), p_demonstration::text, p_books::text
]);

CREATE FUNCTION log.directory_leaf(p_merchant_id text, p_book integer) RETURNS bytea
LANGUAGE sql STABLE
RETURN log.hash_of(ARRAY[p_merchant_id, p_book::text]);

CREATE FUNCTION log.book_leaf(p_book integer, p_takes_merchants boolean, p_opening_day date) RETURNS bytea
LANGUAGE sql STABLE
RETURN log.hash_of(ARRAY[p_book::text, p_takes_merchants::text, to_char(p_opening_day, 'YYYY-MM-DD')]);

-- An outcome's leaf covers the leaf of the book's outcome before it, so that none can be removed or inserted unseen.
-- f is an element of p_answers of log.append.
CREATE FUNCTION log.outcome_leaf(
    p_book integer, p_number bigint, p_position bigint, p_recorded_at timestamptz, p_before bytea, f text[]
) RETURNS bytea
LANGUAGE sql STABLE
RETURN log.hash_of(ARRAY[
    p_book::text, p_number::text, f[1], f[2], f[3], f[4], f[5], log.instant_text(f[6]::timestamptz), f[7], f[8],
    p_position::text, log.instant_text(p_recorded_at), encode(p_before, 'hex')
]);
