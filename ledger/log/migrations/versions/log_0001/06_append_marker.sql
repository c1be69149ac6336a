-- Appends one attempt whose one event sets the book's first open accounting day. The head row gets the day in the
-- marker's payload; the application cannot change it in another way. It is never merged with other attempts, which
-- would then be recorded after the marker on a day that it closes.
CREATE FUNCTION log.append_marker(
    p_book integer, p_command_ids text[], p_attempts text[], p_keys text[], p_versions integer[], p_bases integer[],
    p_moves text[], p_answers text[], p_events text[], p_at timestamptz
) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_marker constant text[] := string_to_array(p_events[1], E'\x1f');
    v_answer jsonb;
BEGIN
    IF cardinality(p_command_ids) <> 1 OR cardinality(p_events) <> 1
        OR v_marker[4] NOT IN ('period.book_closed', 'period.book_reopened')
    THEN
        RAISE EXCEPTION USING ERRCODE = 'RL004', MESSAGE = 'a period marker must be appended alone';
    END IF;
    v_answer := log.append(
        p_book, p_command_ids, p_attempts, p_keys, p_versions, p_bases, p_moves, p_answers, p_events, p_at
    );
    IF jsonb_typeof(v_answer) = 'number' THEN
        UPDATE log.heads SET first_open_day = (v_marker[17]::jsonb ->> 'first_open_day')::date WHERE book = p_book;
    END IF;
    RETURN v_answer;
END
$$;
