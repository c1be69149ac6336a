-- Appends the attempts one by one. One that cannot be recorded fails alone, together with the attempts that build on
-- it. Their versions alone do not show that they build on it: another writer's event may have raised the stream to the
-- same version.
CREATE FUNCTION log.append_in_order(
    p_book integer, p_command_ids text[], p_attempts text[], p_keys text[], p_versions integer[],
    p_moves text[], p_answers text[], p_events text[], p_at timestamptz
) RETURNS jsonb
LANGUAGE plpgsql
AS $$
DECLARE
    v_answers jsonb := '[]';
    v_answer jsonb;
    v_size integer[];
    v_from integer[] := '{1,1,1,1}';
    v_to integer[];
    v_lost text[] := '{}'; -- keys that the unrecorded attempts would have raised
BEGIN
    FOR i IN 1 .. cardinality(p_command_ids) LOOP
        v_size := (string_to_array(p_attempts[i], E'\x1f'))[2:];
        v_to := ARRAY[
            v_from[1] + v_size[1] - 1, v_from[2] + v_size[2] - 1, v_from[3] + v_size[3] - 1, v_from[4] + v_size[4] - 1
        ];
        IF v_lost && p_keys[v_from[1]:v_to[1]] THEN
            v_answer := '[["conflict"]]';
        ELSE
            v_answer := log.append(
                p_book, p_command_ids[i:i], p_attempts[i:i],
                p_keys[v_from[1]:v_to[1]], p_versions[v_from[1]:v_to[1]], p_versions[v_from[1]:v_to[1]],
                p_moves[v_from[2]:v_to[2]],
                -- alone in its append, so no events are before the answer
                ARRAY(SELECT regexp_replace(t, '[0-9]+$', '0') FROM unnest(p_answers[v_from[3]:v_to[3]]) AS t),
                p_events[v_from[4]:v_to[4]], p_at
            );
        END IF;
        IF jsonb_typeof(v_answer) = 'array' THEN
            v_lost := v_lost
                || ARRAY(SELECT DISTINCT split_part(t, E'\x1f', 2) FROM unnest(p_events[v_from[4]:v_to[4]]) AS t)
                || ARRAY(SELECT 'account/' || split_part(t, E'\x1f', 1) FROM unnest(p_moves[v_from[2]:v_to[2]]) AS t);
        END IF;
        v_answers := v_answers || CASE
            WHEN jsonb_typeof(v_answer) = 'array' THEN v_answer
            WHEN v_size[4] = 0 THEN '[["recorded"]]'
            ELSE jsonb_build_array(jsonb_build_array('recorded', v_answer::bigint + 1, v_answer::bigint + v_size[4]))
        END;
        v_from := ARRAY[v_to[1] + 1, v_to[2] + 1, v_to[3] + 1, v_to[4] + 1];
    END LOOP;
    RETURN v_answers;
END
$$;

-- Returns the earlier answer to a command id, in the form of the append.
CREATE FUNCTION log.earlier_answer(p_book integer, p_command_id text, p_fingerprint text) RETURNS jsonb
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_first bigint;
    v_last bigint;
    v_fingerprint text;
    v_code text;
    v_facts text;
BEGIN
    SELECT min(e.position), max(e.position), min(e.fingerprint) INTO v_first, v_last, v_fingerprint
    FROM log.events e WHERE e.book = p_book AND e.command_id = p_command_id;
    IF v_first IS NULL THEN
        SELECT 0, 0, o.fingerprint, o.code, o.facts INTO v_first, v_last, v_fingerprint, v_code, v_facts
        FROM log.outcomes o WHERE o.book = p_book AND o.command_id = p_command_id;
    END IF;
    IF v_fingerprint <> p_fingerprint THEN
        RETURN '[["reused"]]';
    END IF;
    RETURN jsonb_build_array(jsonb_build_array('repeated', v_first, v_last, v_code, v_facts));
END
$$;
