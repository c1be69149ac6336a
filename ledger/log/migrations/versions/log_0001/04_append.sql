-- The append. Every write of events goes through this function: one book and one transaction for each call.
--
-- The arrays hold rows; the fields of a row are separated by U+001F:
--   p_command_ids   the id of each command ("attempt"), without duplicates
--   p_attempts      fingerprint, and the numbers of its keys, moves, answers and events, in that order
--   p_keys          streams and guards (account/<merchant>) whose versions the decision used
--   p_versions      the versions that the decision used
--   p_bases         the same, less the raises by earlier attempts of this call: the versions that the log must have now
--   p_moves         merchant, and the change of its guard in fen: available, on hold, in transit, in open cases
--   p_answers       the answers of attempts without events: see the INSERT into log.outcomes
--   p_events        see the INSERT into log.events
--   p_at            the time of a demonstration's scenario; NULL for the server's clock
--
-- If everything is recorded, returns the position before the first event. Otherwise returns an array with an answer for
-- each attempt: ["recorded", first, last], ["repeated", first, last, code, facts], ["reused"], ["conflict"] or
-- ["day_closed", 0, 0, null, null, first open day].
--
CREATE FUNCTION log.append(
    p_book integer, p_command_ids text[], p_attempts text[], p_keys text[], p_versions integer[], p_bases integer[],
    p_moves text[], p_answers text[], p_events text[], p_at timestamptz
) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- a cached plan of a short log must not be used for a long one
AS $$
DECLARE
    v_head log.heads;
    v_before bigint;
    v_now timestamptz;
    v_known boolean;
    v_stale boolean;
    v_late boolean;
    v_answer text[];
BEGIN
    -- Lock the head row and reserve the positions of the events. The next append to the book waits here.
    UPDATE log.heads h SET position = h.position + cardinality(p_events) WHERE h.book = p_book RETURNING h.* INTO v_head;
    IF v_head.book IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RL001', MESSAGE = format('this ledger has no book %s', p_book);
    END IF;
    v_before := v_head.position - cardinality(p_events);

    -- Read the clock after the lock, and never before the last event's time: time in a book does not go back.
    v_now := greatest(
        CASE WHEN p_at IS NULL THEN clock_timestamp() ELSE log.time_of_scenario(p_at) END,
        (
            SELECT e.recorded_at FROM log.events e WHERE e.book = p_book AND e.position <= v_before
            ORDER BY e.position DESC LIMIT 1 -- forces the primary key's index, whatever the planner's statistics say
        )
    );

    -- Known: a command already has an answer. Stale: a key was raised after the decision read it.
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
    -- Late: an event is on a closed accounting day.
    v_late := v_head.first_open_day > '0001-01-01'
        AND EXISTS (SELECT FROM unnest(p_events) AS t WHERE left(t, 10)::date < v_head.first_open_day);
    IF v_known OR v_stale OR v_late THEN
        UPDATE log.heads SET position = v_before WHERE book = p_book;
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

    -- Write the events. The leaf is computed over the same text that the columns are made from.
    INSERT INTO log.events (
        book, position, recorded_at, accounting_date, stream, version, type, schema_version, event_id, occurred_at,
        actor, source, correlation_id, causation_id, command_id, command_n, fingerprint, legal_entity, policy_versions,
        payload, entry, leaf
    )
    SELECT p_book, v_before + n, v_now, f[1]::date, f[2], f[3]::integer, f[4], f[5]::integer, f[6]::uuid,
           f[7]::timestamptz, f[8], f[9], f[10], f[11], f[12], f[13]::integer, f[14], f[15], f[16], f[17],
           nullif(f[18], ''), log.hash_of(ARRAY[p_book::text, (v_before + n)::text, log.instant_text(v_now), t])
    FROM (
        SELECT t, n, string_to_array(t, E'\x1f') AS f FROM unnest(p_events) WITH ORDINALITY AS u (t, n) OFFSET 0
    ) AS u;

    -- Raise the guards of the merchants whose money moved or whose open cases changed.
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

    -- Write the answers without events. The leaf of each covers the leaf before it.
    IF cardinality(p_answers) > 0 THEN
        FOR i IN 1 .. cardinality(p_answers) LOOP
            v_answer := string_to_array(p_answers[i], E'\x1f');
            v_head.outcomes := v_head.outcomes + 1;
            v_head.outcome_leaf := log.outcome_leaf(
                p_book, v_head.outcomes, v_before + v_answer[9]::integer, v_now, v_head.outcome_leaf, v_answer
            );
            INSERT INTO log.outcomes (
                book, command_id, fingerprint, stream, command, actor, decided_at, code, facts, position, recorded_at,
                number, leaf
            )
            SELECT p_book, v_answer[1], v_answer[2], v_answer[3], v_answer[4], v_answer[5], v_answer[6]::timestamptz,
                   v_answer[7], v_answer[8], v_before + v_answer[9]::integer, v_now, v_head.outcomes,
                   v_head.outcome_leaf;
        END LOOP;
        UPDATE log.heads SET outcomes = v_head.outcomes, outcome_leaf = v_head.outcome_leaf WHERE book = p_book;
    END IF;
    RETURN to_jsonb(v_before);
END
$$;

-- Returns the time of an append to a demonstration: the scenario's time, but never before an event in any book. A time
-- after the server's clock is refused.
CREATE FUNCTION log.time_of_scenario(p_at timestamptz) RETURNS timestamptz
LANGUAGE plpgsql
AS $$
BEGIN
    -- On a cluster this runs on the server of the book, from where the other servers are read only on request.
    PERFORM set_config('citus.allow_nested_distributed_execution', 'on', true);
    IF NOT EXISTS (SELECT FROM log.identity WHERE demonstration) THEN
        RAISE EXCEPTION USING ERRCODE = 'RL005',
            MESSAGE = 'only a ledger founded for demonstration may take its time from a scenario';
    ELSIF p_at > clock_timestamp() THEN
        RAISE EXCEPTION USING ERRCODE = 'RL006', MESSAGE = format('the scenario is at %s, which has not come yet', p_at);
    END IF;
    RETURN greatest(p_at, (
        SELECT max((SELECT e.recorded_at FROM log.events e WHERE e.book = h.book AND e.position = h.position))
        FROM log.heads h
    ));
END
$$;
