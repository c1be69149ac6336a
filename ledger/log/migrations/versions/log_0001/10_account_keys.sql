-- Gives each key of an account to the command about this merchant, unless the key was given for another before. Returns
-- the places, from 1, of the keys that were.
--
-- The keys are given in their order, so that two callers never wait for each other in a circle. On one server the commit
-- does not wait for the disk: the command's append comes later in the same write-ahead log, so that no crash keeps the
-- append and loses the key. In a cluster the append may be on another server.
CREATE FUNCTION log.give_keys(p_book integer, p_keys text[], p_merchants text[]) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- a cached plan of a short table must not be used for a long one
AS $$
DECLARE
    v_given integer;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') THEN
        PERFORM set_config('synchronous_commit', 'off', true);
    END IF;
    INSERT INTO log.account_keys (book, key, merchant_id)
    SELECT p_book, w.key, w.merchant_id
    FROM unnest(p_keys, p_merchants) WITH ORDINALITY AS w (key, merchant_id, place)
    ORDER BY w.key, w.place
    ON CONFLICT (book, key) DO NOTHING;
    GET DIAGNOSTICS v_given = ROW_COUNT;
    IF v_given = cardinality(p_keys) THEN
        RETURN '{}';
    END IF;
    RETURN ARRAY(
        SELECT w.place FROM unnest(p_keys, p_merchants) WITH ORDINALITY AS w (key, merchant_id, place)
        JOIN log.account_keys AS k ON k.book = p_book AND k.key = w.key
        WHERE k.merchant_id <> w.merchant_id
    );
END
$$;
