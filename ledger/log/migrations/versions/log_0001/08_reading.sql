-- Functions for readers of a book.

-- Returns the book's last position that was recorded at an instant. Locking the head row waits for running appends,
-- whose events may have an earlier time than this call; later appends cannot. Nothing is written that a crash could
-- lose, so the commit of the lock does not wait for the disk.
CREATE FUNCTION log.position_as_known_at(p_book integer, p_at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_low bigint := 0;
    v_high bigint;
    v_middle bigint;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    SELECT h.position INTO v_high FROM log.heads h WHERE h.book = p_book FOR UPDATE;
    IF p_at > clock_timestamp() THEN
        RAISE EXCEPTION USING ERRCODE = 'RL002', MESSAGE = format('%s has not come yet', p_at);
    END IF;
    WHILE v_low < v_high LOOP
        v_middle := (v_low + v_high + 1) / 2;
        IF (SELECT e.recorded_at FROM log.events e WHERE e.book = p_book AND e.position = v_middle) <= p_at THEN
            v_low := v_middle;
        ELSE
            v_high := v_middle - 1;
        END IF;
    END LOOP;
    RETURN v_low;
END
$$;
