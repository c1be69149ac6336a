-- Sets an item aside for `p_wait`, doubled with each further failure, at most `p_doublings` times.
CREATE FUNCTION log.put_aside(
    p_book integer, p_loop text, p_item text, p_reason text, p_now timestamptz, p_wait interval, p_doublings integer
) RETURNS log.set_aside
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row log.set_aside;
BEGIN
    INSERT INTO log.set_aside AS s (book, loop, item, reason, since, attempts, next_try_at)
    SELECT p_book, p_loop, p_item, p_reason, p_now, 1, p_now + p_wait
    ON CONFLICT (book, loop, item) DO UPDATE SET
        reason = excluded.reason,
        attempts = s.attempts + 1,
        next_try_at = p_now + p_wait * (2 ^ least(s.attempts, p_doublings))::integer
    RETURNING s.* INTO v_row;
    RETURN v_row;
END
$$;

-- Removes an item that has succeeded.
CREATE FUNCTION log.take_up(p_book integer, p_loop text, p_item text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM log.set_aside WHERE book = p_book AND loop = p_loop AND item = p_item;
END
$$;
