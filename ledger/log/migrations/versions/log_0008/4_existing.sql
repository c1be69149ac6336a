-- For this migration alone: a book of before, and its outcomes in the order in which they were recorded. A book that has
-- a marker of a period takes its first open day from the last one, whatever the day was that it was made with.
CREATE FUNCTION pg_temp.hash_book(p_book integer) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_number bigint := 0;
    v_leaf bytea := '';
    o log.outcomes;
BEGIN
    FOR o IN
        SELECT * FROM log.outcomes t WHERE t.book = p_book ORDER BY t.position, t.recorded_at, t.command_id
    LOOP
        v_number := v_number + 1;
        v_leaf := log.outcome_leaf(
            p_book, v_number, o.position, o.recorded_at, v_leaf,
            ARRAY[o.command_id, o.fingerprint, o.command, o.actor, o.decided_at::text, o.code, o.facts]
        );
        UPDATE log.outcomes SET number = v_number, leaf = v_leaf WHERE book = p_book AND command_id = o.command_id;
    END LOOP;
    UPDATE log.heads SET outcomes = v_number, outcome_leaf = v_leaf WHERE book = p_book;
    UPDATE log.heads SET opening_day = first_open_day
    WHERE book = p_book AND NOT EXISTS (
        SELECT FROM log.events e WHERE e.book = p_book AND e.type IN ('period.book_closed', 'period.book_reopened')
    );
    UPDATE log.heads SET leaf = log.book_leaf(book, takes_merchants, opening_day) WHERE book = p_book;
END
$$;

ALTER TABLE log.outcomes DISABLE TRIGGER outcomes_append_only;
SELECT pg_temp.hash_book(book) FROM log.heads;
ALTER TABLE log.outcomes ENABLE TRIGGER outcomes_append_only;

ALTER TABLE log.outcomes
    ALTER COLUMN number SET NOT NULL,
    ALTER COLUMN leaf SET NOT NULL,
    ADD CONSTRAINT outcomes_number_key UNIQUE (book, number);
ALTER TABLE log.heads ALTER COLUMN leaf SET NOT NULL;
ALTER TABLE log.directory ALTER COLUMN leaf SET NOT NULL;
ALTER TABLE log.identity ALTER COLUMN leaf SET NOT NULL;
