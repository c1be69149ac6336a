-- For this migration alone: what is open already goes into the guards as if they had been kept from the first event on.
CREATE FUNCTION pg_temp.keep_open_cases(p_book integer, p_merchant text, p_versions integer, p_fen bigint) RETURNS void
LANGUAGE sql
AS $$
    INSERT INTO log.accounts AS a (book, merchant_id, version, available, on_hold, in_transit, in_open_cases)
    SELECT p_book, p_merchant, p_versions, 0, 0, 0, p_fen
    ON CONFLICT (book, merchant_id) DO UPDATE
    SET version = a.version + excluded.version, in_open_cases = a.in_open_cases + excluded.in_open_cases
$$;
