-- The append: one call, one book. What ledger/log/rows.py says of attempts and receipts is done here.
--
-- Every element of the text arrays is one row whose fields are separated by U+001F, which no canonical JSON and no id
-- can hold; as ARRAY[…] of single values the call would take several times as long to build and to parse.
--
--   p_command_ids, p_attempts        one an attempt; fingerprint, and how many of the rows below are the attempt's own:
--                                    expectations, moves, answers, events
--   p_keys, p_versions, p_bases      expectations: the key, the version it was decided on, and that less what earlier
--                                    attempts of this append raise the key by: where the key stands now, if all is well
--   p_moves                          merchant, available, on hold, in transit
--   p_answers                        of attempts without events: command id, fingerprint, command, actor, decided_at,
--                                    code, facts, number of events before it in this append
--   p_events                         accounting_date, stream, version, type, schema_version, event_id, occurred_at,
--                                    actor, source, correlation_id, causation_id, command_id, command_n, fingerprint,
--                                    legal_entity, policy_versions, payload, entry (empty: none)
--
-- Returns the book's position before, where everything was recorded; else an array with one element an attempt:
-- [status, first position, last position, code, facts, first open day], cut off after the last that says something.
CREATE FUNCTION log.append(
    p_book integer, p_command_ids text[], p_attempts text[], p_keys text[], p_versions integer[], p_bases integer[],
    p_moves text[], p_answers text[], p_events text[]
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
BEGIN
    SELECT * INTO v_head FROM log.heads h WHERE h.book = p_book FOR UPDATE;
    IF v_head.book IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RL001', MESSAGE = format('this ledger has no book %s', p_book);
    END IF;
    v_now := greatest(clock_timestamp(), v_head.recorded_at);

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
                p_book, p_command_ids, p_attempts, p_keys, p_versions, p_moves, p_answers, p_events
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
        UPDATE log.heads SET position = v_head.position + cardinality(p_events), recorded_at = v_now
        WHERE book = p_book;
    END IF;
    IF cardinality(p_moves) > 0 THEN
        INSERT INTO log.accounts AS a (book, merchant_id, version, available, on_hold, in_transit)
        SELECT p_book, split_part(t, E'\x1f', 1), count(*), sum(split_part(t, E'\x1f', 2)::bigint),
               sum(split_part(t, E'\x1f', 3)::bigint), sum(split_part(t, E'\x1f', 4)::bigint)
        FROM unnest(p_moves) AS t
        GROUP BY 2
        ON CONFLICT (book, merchant_id) DO UPDATE
        SET version = a.version + excluded.version, available = a.available + excluded.available,
            on_hold = a.on_hold + excluded.on_hold, in_transit = a.in_transit + excluded.in_transit;
    END IF;
    IF cardinality(p_answers) > 0 THEN
        INSERT INTO log.outcomes
        SELECT p_book, f[1], f[2], f[3], f[4], f[5]::timestamptz, f[6], f[7], v_head.position + f[8]::integer, v_now
        FROM (SELECT string_to_array(t, E'\x1f') AS f FROM unnest(p_answers) AS t OFFSET 0) AS u;
    END IF;
    RETURN to_jsonb(v_head.position);
END
$$;

-- The same attempts one by one, each on what the ones before it left: one that cannot be recorded fails alone.
CREATE FUNCTION log.append_in_order(
    p_book integer, p_command_ids text[], p_attempts text[], p_keys text[], p_versions integer[],
    p_moves text[], p_answers text[], p_events text[]
) RETURNS jsonb
LANGUAGE plpgsql
AS $$
DECLARE
    v_answers jsonb := '[]';
    v_answer jsonb;
    v_size integer[];
    v_from integer[] := '{1,1,1,1}';
    v_to integer[];
BEGIN
    FOR i IN 1 .. cardinality(p_command_ids) LOOP
        v_size := (string_to_array(p_attempts[i], E'\x1f'))[2:];
        v_to := ARRAY[
            v_from[1] + v_size[1] - 1, v_from[2] + v_size[2] - 1, v_from[3] + v_size[3] - 1, v_from[4] + v_size[4] - 1
        ];
        v_answer := log.append(
            p_book, p_command_ids[i:i], p_attempts[i:i],
            p_keys[v_from[1]:v_to[1]], p_versions[v_from[1]:v_to[1]], p_versions[v_from[1]:v_to[1]],
            p_moves[v_from[2]:v_to[2]],
            -- alone in its append, an answer has no events before it
            ARRAY(SELECT regexp_replace(t, '[0-9]+$', '0') FROM unnest(p_answers[v_from[3]:v_to[3]]) AS t),
            p_events[v_from[4]:v_to[4]]
        );
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

-- What an id was answered before, in the form that the append returns it.
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
