-- The append: one call, one book. Every element of the arrays is one row whose fields are separated by U+001F, which no
-- canonical JSON and no id can hold; sent as ARRAY[…] of values the call takes several times as long to parse.
--
--   p_attempts  fingerprint, number of its events, of its touches, of its moves; then, where it records no event:
--               command, actor, decided_at, code, facts
--   p_touches   key, version it was decided on (empty: any), by how much the attempt raises the key's version
--   p_moves     merchant, available, on hold, in transit
--   p_events    accounting_date, stream, version, type, schema_version, event_id, occurred_at, actor, source,
--               correlation_id, causation_id, command_id, command_n, fingerprint, legal_entity, policy_versions,
--               payload, entry (empty: none)
--
-- Returns an array with one element an attempt: [status, first position, last position, code, facts, first open day],
-- cut off after the last that says something. What ledger/log/rows.py says of attempts and receipts is done here.

-- One field of the leaf's preimage, see ledger/log/preimage.py.
CREATE FUNCTION log.netstring(p_value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN octet_length(p_value)::text || ':' || p_value || ',';

-- Microseconds since 1970 in UTC, exact.
CREATE FUNCTION log.micros(p_at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN ((extract(epoch FROM p_at) * 1000000)::bigint)::text;

-- A key's version as it stands: the guard's of a merchant's account, else the last one of the stream.
CREATE FUNCTION log.version_of(p_book integer, p_key text) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(
    CASE WHEN starts_with(p_key, 'account/') THEN
        (SELECT a.version FROM log.accounts a WHERE a.book = p_book AND a.merchant_id = substr(p_key, 9))
    ELSE
        (SELECT e.version FROM log.events e WHERE e.book = p_book AND e.stream = p_key ORDER BY e.version DESC LIMIT 1)
    END,
    0
);

-- Whether every key stands where the attempts, taken in order, expect it: as it was, or as one before leaves it.
CREATE FUNCTION log.expectations_hold(p_book integer, p_touches text[]) RETURNS boolean
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    RETURN NOT EXISTS (
        SELECT
        FROM (
            SELECT t.key, min(t.version - t.raised) AS lowest, max(t.version - t.raised) AS highest
            FROM (
                SELECT f[1] AS key, nullif(f[2], '')::integer AS version,
                       coalesce(sum(f[3]::integer) OVER earlier, 0)::integer AS raised
                FROM (
                    SELECT string_to_array(t, E'\x1f') AS f, n FROM unnest(p_touches) WITH ORDINALITY AS u (t, n) OFFSET 0
                ) AS u
                WINDOW earlier AS (PARTITION BY f[1] ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
            ) AS t
            WHERE t.version IS NOT NULL
            GROUP BY t.key
        ) AS k
        WHERE k.lowest <> k.highest OR k.lowest <> log.version_of(p_book, k.key)
    );
END
$$;

-- The answer that an id was given before, as an element of what the append returns; null where it is new.
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
    IF v_first IS NULL THEN
        RETURN NULL;
    ELSIF v_fingerprint <> p_fingerprint THEN
        RETURN jsonb_build_array('reused');
    END IF;
    RETURN jsonb_build_array('repeated', v_first, v_last, v_code, v_facts);
END
$$;

CREATE FUNCTION log.append(
    p_book integer, p_command_ids text[], p_attempts text[], p_touches text[], p_moves text[], p_events text[]
) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- a plan made while the log is short must not outlive it
AS $$
DECLARE
    v_head log.heads;
    v_now timestamptz;
    v_answer jsonb;
    v_half integer;
    v_events integer;
    v_touches integer;
    v_moves integer;
BEGIN
    SELECT * INTO v_head FROM log.heads h WHERE h.book = p_book FOR UPDATE;
    IF v_head.book IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RL001', MESSAGE = format('this ledger has no book %s', p_book);
    END IF;
    v_now := greatest(clock_timestamp(), v_head.recorded_at);

    IF EXISTS (SELECT FROM log.events e WHERE e.book = p_book AND e.command_id = ANY (p_command_ids))
        OR EXISTS (SELECT FROM log.outcomes o WHERE o.book = p_book AND o.command_id = ANY (p_command_ids))
        OR cardinality(p_command_ids) > 1 AND cardinality(p_command_ids) > (SELECT count(DISTINCT i) FROM unnest(p_command_ids) i)
        OR EXISTS (SELECT FROM unnest(p_events) AS t WHERE left(t, 10)::date < v_head.first_open_day)
        OR NOT log.expectations_hold(p_book, p_touches)
    THEN
        IF cardinality(p_command_ids) = 1 THEN
            v_answer := log.earlier_answer(p_book, p_command_ids[1], split_part(p_attempts[1], E'\x1f', 1));
            IF v_answer IS NULL AND NOT log.expectations_hold(p_book, p_touches) THEN
                v_answer := jsonb_build_array('conflict');
            END IF;
            RETURN jsonb_build_array(coalesce(v_answer, jsonb_build_array('day_closed', 0, 0, NULL, NULL, v_head.first_open_day)));
        END IF;
        -- One of them cannot be recorded. Halves, in order, until it stands alone: its neighbours are recorded.
        v_half := cardinality(p_command_ids) / 2;
        SELECT sum(split_part(t, E'\x1f', 2)::integer), sum(split_part(t, E'\x1f', 3)::integer),
               sum(split_part(t, E'\x1f', 4)::integer)
        INTO v_events, v_touches, v_moves
        FROM unnest(p_attempts[:v_half]) AS t;
        RETURN log.append(
            p_book, p_command_ids[:v_half], p_attempts[:v_half], p_touches[:v_touches], p_moves[:v_moves], p_events[:v_events]
        ) || log.append(
            p_book, p_command_ids[v_half + 1:], p_attempts[v_half + 1:], p_touches[v_touches + 1:],
            p_moves[v_moves + 1:], p_events[v_events + 1:]
        );
    END IF;

    IF cardinality(p_events) > 0 THEN
        INSERT INTO log.events
        SELECT p_book, e.position, e.stream, e.version, e.type, e.schema_version, e.event_id, e.occurred_at, v_now,
               e.accounting_date, e.actor, e.source, e.correlation_id, e.causation_id, e.command_id, e.command_n,
               e.fingerprint, e.legal_entity, e.policy_versions, e.payload, e.entry,
               sha256(convert_to(
                   log.netstring(p_book::text) || log.netstring(e.position::text) || log.netstring(e.stream)
                   || log.netstring(e.version::text) || log.netstring(e.type) || log.netstring(e.schema_version::text)
                   || log.netstring(e.event_id::text) || log.netstring(log.micros(e.occurred_at))
                   || log.netstring(log.micros(v_now)) || log.netstring(to_char(e.accounting_date, 'YYYY-MM-DD'))
                   || log.netstring(e.actor) || log.netstring(e.source) || log.netstring(e.correlation_id)
                   || log.netstring(e.causation_id) || log.netstring(e.command_id) || log.netstring(e.command_n::text)
                   || log.netstring(e.fingerprint) || log.netstring(e.legal_entity) || log.netstring(e.policy_versions)
                   || log.netstring(e.payload) || coalesce(log.netstring(e.entry), '-,'),
                   'UTF8'
               ))
        FROM (
            SELECT v_head.position + n AS position, f[1]::date AS accounting_date, f[2] AS stream,
                   f[3]::integer AS version, f[4] AS type, f[5]::integer AS schema_version, f[6]::uuid AS event_id,
                   f[7]::timestamptz AS occurred_at, f[8] AS actor, f[9] AS source, f[10] AS correlation_id,
                   f[11] AS causation_id, f[12] AS command_id, f[13]::integer AS command_n, f[14] AS fingerprint,
                   f[15] AS legal_entity, f[16] AS policy_versions, f[17] AS payload, nullif(f[18], '') AS entry
            FROM (
                SELECT string_to_array(t, E'\x1f') AS f, n FROM unnest(p_events) WITH ORDINALITY AS u (t, n) OFFSET 0
            ) AS u
            OFFSET 0
        ) AS e;
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
    RETURN log.record_answers(p_book, p_command_ids, p_attempts, v_head.position, v_now);
END
$$;

-- Keeps the answers of the attempts without events, and says where the others' events stand.
CREATE FUNCTION log.record_answers(
    p_book integer, p_command_ids text[], p_attempts text[], p_position bigint, p_now timestamptz
) RETURNS jsonb
LANGUAGE plpgsql
AS $$
DECLARE
    v_events constant integer := split_part(p_attempts[1], E'\x1f', 2);
    v_receipts jsonb;
BEGIN
    IF cardinality(p_attempts) = 1 AND v_events > 0 THEN
        RETURN jsonb_build_array(jsonb_build_array('recorded', p_position + 1, p_position + v_events));
    END IF;
    INSERT INTO log.outcomes
    SELECT p_book, id, f[1], f[5], f[6], f[7]::timestamptz, f[8], f[9], p_position + upto, p_now
    FROM (
        SELECT id, string_to_array(t, E'\x1f') AS f, sum(split_part(t, E'\x1f', 2)::integer) OVER (ORDER BY n) AS upto
        FROM unnest(p_command_ids, p_attempts) WITH ORDINALITY AS u (id, t, n)
    ) AS a
    WHERE f[2] = '0';
    SELECT jsonb_agg(
        CASE WHEN events = 0 THEN jsonb_build_array('recorded')
        ELSE jsonb_build_array('recorded', p_position + upto - events + 1, p_position + upto) END
        ORDER BY n
    ) INTO v_receipts
    FROM (
        SELECT n, split_part(t, E'\x1f', 2)::integer AS events,
               sum(split_part(t, E'\x1f', 2)::integer) OVER (ORDER BY n) AS upto
        FROM unnest(p_attempts) WITH ORDINALITY AS u (t, n)
    ) AS a;
    RETURN v_receipts;
END
$$;
