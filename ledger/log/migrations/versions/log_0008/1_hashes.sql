-- Hashes of rows that are no events: SHA-256 of their fields as netstrings. ledger/log/row_hashes.py lists the fields.
CREATE FUNCTION log.hash_of(p_fields text[]) RETURNS bytea
LANGUAGE sql STABLE
RETURN (
    SELECT sha256(convert_to(string_agg(concat(octet_length(f), ':', f, ','), '' ORDER BY n), 'UTF8'))
    FROM unnest(p_fields) WITH ORDINALITY AS u (f, n)
);

CREATE FUNCTION log.instant_text(p_at timestamptz) RETURNS text
LANGUAGE sql STABLE
RETURN (extract(epoch FROM p_at) * 1000000)::bigint::text;

CREATE FUNCTION log.identity_leaf(
    p_ledger_id uuid, p_epoch integer, p_zone text, p_created_at timestamptz
) RETURNS bytea
LANGUAGE sql STABLE
RETURN log.hash_of(ARRAY[p_ledger_id::text, p_epoch::text, p_zone, log.instant_text(p_created_at)]);

CREATE FUNCTION log.directory_leaf(p_merchant_id text, p_book integer) RETURNS bytea
LANGUAGE sql STABLE
RETURN log.hash_of(ARRAY[p_merchant_id, p_book::text]);

CREATE FUNCTION log.book_leaf(p_book integer, p_takes_merchants boolean, p_opening_day date) RETURNS bytea
LANGUAGE sql STABLE
RETURN log.hash_of(ARRAY[p_book::text, p_takes_merchants::text, to_char(p_opening_day, 'YYYY-MM-DD')]);

-- An outcome's hash covers the hash of the outcome before it in the book, so that none can be taken out or put between.
-- f is an element of p_answers of log.append.
CREATE FUNCTION log.outcome_leaf(
    p_book integer, p_number bigint, p_position bigint, p_recorded_at timestamptz, p_before bytea, f text[]
) RETURNS bytea
LANGUAGE sql STABLE
RETURN log.hash_of(ARRAY[
    p_book::text, p_number::text, f[1], f[2], f[3], f[4], log.instant_text(f[5]::timestamptz), f[6], f[7],
    p_position::text, log.instant_text(p_recorded_at), encode(p_before, 'hex')
]);
