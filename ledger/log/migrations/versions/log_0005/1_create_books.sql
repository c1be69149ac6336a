-- Makes sure that books 0 … p_books - 1 exist. Book 0 is the platform's own; each of the others takes merchants. A late
-- one is as closed as book 0 is: taking its row first, the marker of a closing either is behind the new books or before.
CREATE OR REPLACE FUNCTION log.create_books(p_books integer) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_open date;
BEGIN
    SELECT h.first_open_day INTO v_open FROM log.heads h WHERE h.book = 0 FOR UPDATE;
    INSERT INTO log.heads (book, takes_merchants, first_open_day)
    SELECT b, b > 0, coalesce(v_open, '0001-01-01') FROM generate_series(0, p_books - 1) AS b
    ON CONFLICT (book) DO NOTHING;
END
$$;
