-- Books and the merchants in them.

-- Makes sure that books 0 … p_books - 1 exist. Book 0 is the platform's own; each of the others takes merchants.
CREATE FUNCTION log.create_books(p_books integer) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO log.heads (book, takes_merchants)
    SELECT b, b > 0 FROM generate_series(0, p_books - 1) AS b
    ON CONFLICT (book) DO NOTHING;
END
$$;

-- Writes down the book of each merchant that has none yet, by a hash over the books that take merchants.
CREATE FUNCTION log.assign_books(p_merchants text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_books constant integer[] := ARRAY(SELECT h.book FROM log.heads h WHERE h.takes_merchants ORDER BY h.book);
BEGIN
    INSERT INTO log.directory (merchant_id, book)
    SELECT m, v_books[1 + (('x' || left(encode(sha256(convert_to(m, 'UTF8')), 'hex'), 15))::bit(60)::bigint % cardinality(v_books))]
    FROM (SELECT DISTINCT m FROM unnest(p_merchants) AS m ORDER BY m) AS wanted
    ON CONFLICT (merchant_id) DO NOTHING;
END
$$;
