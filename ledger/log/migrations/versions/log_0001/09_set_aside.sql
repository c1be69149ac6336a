-- Sets an item aside for `p_wait`, doubled with each further failure, at most `p_doublings` times.
CREATE FUNCTION log.put_aside(
    p_book integer, p_loop text, p_item text, p_reason text, p_now timestamptz, p_wait interval, p_doublings integer
) RETURNS log.set_aside
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_first timestamptz := p_now + p_wait; -- computed here: in the statements, a cluster refuses such functions
    v_row log.set_aside;
BEGIN
    LOOP
        INSERT INTO log.set_aside (book, loop, item, reason, since, attempts, next_try_at)
        VALUES (p_book, p_loop, p_item, p_reason, p_now, 1, v_first)
        ON CONFLICT (book, loop, item) DO NOTHING
        RETURNING * INTO v_row;
        EXIT WHEN FOUND;
        SELECT s.* INTO v_row FROM log.set_aside s
        WHERE s.book = p_book AND s.loop = p_loop AND s.item = p_item FOR UPDATE;
        CONTINUE WHEN NOT FOUND; -- it succeeded meanwhile
        v_row.reason := p_reason;
        v_row.next_try_at := p_now + p_wait * (2 ^ least(v_row.attempts, p_doublings))::integer;
        v_row.attempts := v_row.attempts + 1;
        UPDATE log.set_aside s
        SET reason = v_row.reason, attempts = v_row.attempts, next_try_at = v_row.next_try_at
        WHERE s.book = p_book AND s.loop = p_loop AND s.item = p_item;
        EXIT;
    END LOOP;
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
