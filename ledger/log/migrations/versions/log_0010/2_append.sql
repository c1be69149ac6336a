-- The append as before, at the time of `p_at` where a demonstration's scenario says one.
DROP FUNCTION log.append(
    integer, text[], text[], text[], integer[], integer[], text[], text[], text[]
);
CREATE FUNCTION log.append(
    p_book integer, p_command_ids text[], p_attempts text[], p_keys text[], p_versions integer[], p_bases integer[],
    p_moves text[], p_answers text[], p_events text[], p_at timestamptz DEFAULT NULL
) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- a plan made while the log is short must not outlive it
AS $$
DECLARE
    v_head log.heads;
    v_now timestamptz;
    v_known boolean;
    v_stale boolean;
    v_late boolean;
    v_answer text[];
BEGIN
    SELECT * INTO v_head FROM log.heads h WHERE h.book = p_book FOR UPDATE;
    IF v_head.book IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RL001', MESSAGE = format('this ledger has no book %s', p_book);
    END IF;
    v_now := greatest(log.time_of_append(p_at), v_head.recorded_at);

    SELECT
        EXISTS (SELECT FROM log.events e WHERE e.book = p_book AND e.command_id = ANY (p_command_ids))
        OR EXISTS (SELECT FROM log.outcomes o WHERE o.book = p_book AND o.command_id = ANY (p_command_ids)),
        EXISTS (
            SELECT FROM unnest(p_keys, p_bases) AS k (key, base)
            WHERE k.base <> coalesce(
                CASE WHEN starts_with(k.key, 'account/') THEN (
                    SELECT a.version FROM log.accounts a WHERE a.book = p_book AND a.merchant_id = substr(k.key, 9)
                ) ELSE (
                    SELECT e.version FROM log.events e WHERE e.book = p_book AND e.stream = k.key
                    ORDER BY e.version DESC LIMIT 1
                ) END,
                0
            )
        )
    INTO v_known, v_stale;
    v_late := v_head.first_open_day > '0001-01-01'
        AND EXISTS (SELECT FROM unnest(p_events) AS t WHERE left(t, 10)::date < v_head.first_open_day);
    IF v_known OR v_stale OR v_late THEN
        IF cardinality(p_command_ids) > 1 THEN
            RETURN log.append_in_order(
                p_book, p_command_ids, p_attempts, p_keys, p_versions, p_moves, p_answers, p_events, p_at
            );
        ELSIF v_known THEN
            RETURN log.earlier_answer(p_book, p_command_ids[1], split_part(p_attempts[1], E'\x1f', 1));
        ELSIF v_stale THEN
            RETURN '[["conflict"]]';
        END IF;
        RETURN jsonb_build_array(jsonb_build_array('day_closed', 0, 0, NULL, NULL, v_head.first_open_day));
    END IF;

    IF cardinality(p_events) > 0 THEN
        INSERT INTO log.events
        SELECT p_book, v_head.position + n, f[2], f[3]::integer, f[4], f[5]::integer, f[6]::uuid, f[7]::timestamptz,
               v_now, f[1]::date, f[8], f[9], f[10], f[11], f[12], f[13]::integer, f[14], f[15], f[16], f[17],
               nullif(f[18], ''), log.leaf(p_book, v_head.position + n, v_now, f)
        FROM (
            SELECT string_to_array(t, E'\x1f') AS f, n FROM unnest(p_events) WITH ORDINALITY AS u (t, n) OFFSET 0
        ) AS u;
    END IF;
    IF cardinality(p_moves) > 0 THEN
        INSERT INTO log.accounts AS a (book, merchant_id, version, available, on_hold, in_transit, in_open_cases)
        SELECT p_book, split_part(t, E'\x1f', 1), count(*), sum(split_part(t, E'\x1f', 2)::bigint),
               sum(split_part(t, E'\x1f', 3)::bigint), sum(split_part(t, E'\x1f', 4)::bigint),
               sum(split_part(t, E'\x1f', 5)::bigint)
        FROM unnest(p_moves) AS t
        GROUP BY 2
        ON CONFLICT (book, merchant_id) DO UPDATE
        SET version = a.version + excluded.version, available = a.available + excluded.available,
            on_hold = a.on_hold + excluded.on_hold, in_transit = a.in_transit + excluded.in_transit,
            in_open_cases = a.in_open_cases + excluded.in_open_cases;
    END IF;
    FOR i IN 1 .. cardinality(p_answers) LOOP
        v_answer := string_to_array(p_answers[i], E'\x1f');
        v_head.outcomes := v_head.outcomes + 1;
        v_head.outcome_leaf := log.outcome_leaf(
            p_book, v_head.outcomes, v_head.position + v_answer[8]::integer, v_now, v_head.outcome_leaf, v_answer
        );
        INSERT INTO log.outcomes (
            book, command_id, fingerprint, command, actor, decided_at, code, facts, position, recorded_at, number, leaf
        )
        SELECT p_book, v_answer[1], v_answer[2], v_answer[3], v_answer[4], v_answer[5]::timestamptz, v_answer[6],
               v_answer[7], v_head.position + v_answer[8]::integer, v_now, v_head.outcomes, v_head.outcome_leaf;
    END LOOP;
    UPDATE log.heads
    SET position = v_head.position + cardinality(p_events),
        recorded_at = CASE WHEN cardinality(p_events) > 0 THEN v_now ELSE v_head.recorded_at END,
        outcomes = v_head.outcomes, outcome_leaf = v_head.outcome_leaf
    WHERE book = p_book;
    RETURN to_jsonb(v_head.position);
END
$$;

REVOKE ALL ON FUNCTION log.append FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.append TO redledger_app;
