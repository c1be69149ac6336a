-- An instant in the preimage: microseconds since 1970 in UTC, exact.
CREATE FUNCTION log.instant_netstring(p_at timestamptz) RETURNS text
LANGUAGE sql STABLE
RETURN concat(
    octet_length((extract(epoch FROM p_at) * 1000000)::bigint::text), ':',
    (extract(epoch FROM p_at) * 1000000)::bigint, ','
);

-- The hash over a row: SHA-256 of its fields as netstrings, in the order of ledger/log/preimage.py.
CREATE FUNCTION log.leaf(p_book integer, p_position bigint, p_recorded_at timestamptz, f text[]) RETURNS bytea
LANGUAGE sql STABLE
RETURN sha256(convert_to(concat(
    octet_length(p_book::text), ':', p_book, ',', octet_length(p_position::text), ':', p_position, ',',
    octet_length(f[2]), ':', f[2], ',', octet_length(f[3]), ':', f[3], ',', octet_length(f[4]), ':', f[4], ',',
    octet_length(f[5]), ':', f[5], ',', octet_length(f[6]), ':', f[6], ',',
    log.instant_netstring(f[7]::timestamptz), log.instant_netstring(p_recorded_at),
    octet_length(f[1]), ':', f[1], ',',
    octet_length(f[8]), ':', f[8], ',', octet_length(f[9]), ':', f[9], ',', octet_length(f[10]), ':', f[10], ',',
    octet_length(f[11]), ':', f[11], ',', octet_length(f[12]), ':', f[12], ',', octet_length(f[13]), ':', f[13], ',',
    octet_length(f[14]), ':', f[14], ',', octet_length(f[15]), ':', f[15], ',', octet_length(f[16]), ':', f[16], ',',
    octet_length(f[17]), ':', f[17], ',',
    CASE WHEN f[18] = '' THEN '-,' ELSE concat(octet_length(f[18]), ':', f[18], ',') END
), 'UTF8'));
