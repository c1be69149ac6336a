-- Books, the merchants in them, and the identity of the ledger.

-- Raises the epoch by p_epochs, and the number of books to p_books: no other column of the identity changes. The leaf is
-- computed outside the UPDATE: a cluster refuses a function of columns there.
CREATE FUNCTION log.raise_identity(p_epochs integer, p_books integer) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_identity log.identity;
    v_leaf bytea;
BEGIN
    SELECT i.* INTO v_identity FROM log.identity i FOR UPDATE;
    v_identity.epoch := v_identity.epoch + p_epochs;
    v_identity.books := greatest(v_identity.books, p_books);
    v_leaf := log.identity_leaf(
        v_identity.ledger_id, v_identity.epoch, v_identity.zone, v_identity.created_at, v_identity.demonstration,
        v_identity.books
    );
    UPDATE log.identity SET epoch = v_identity.epoch, books = v_identity.books, leaf = v_leaf;
END
$$;

-- Creates the missing ones of books 0 to p_books - 1, and counts them in the identity. Book 0 is the platform's; all
-- others take merchants. A new book has the first open day of book 0. Book 0's row is locked first, so that a period's
-- closing comes either before or after.
CREATE FUNCTION log.create_books(p_books integer) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_open date;
BEGIN
    SELECT h.first_open_day INTO v_open FROM log.heads h WHERE h.book = 0 FOR UPDATE;
    v_open := coalesce(v_open, '0001-01-01');
    INSERT INTO log.heads (book, takes_merchants, first_open_day, opening_day, leaf)
    SELECT b, b > 0, v_open, v_open, log.book_leaf(b, b > 0, v_open) FROM generate_series(0, p_books - 1) AS b
    ON CONFLICT (book) DO NOTHING;
    PERFORM log.raise_identity(0, p_books);
END
$$;

-- Assigns a book to each merchant that has none, by a hash of its id.
CREATE FUNCTION log.assign_books(p_merchants text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_books constant integer[] := ARRAY(SELECT h.book FROM log.heads h WHERE h.takes_merchants ORDER BY h.book);
BEGIN
    INSERT INTO log.directory (merchant_id, book, leaf)
    SELECT w.merchant_id, w.book, log.directory_leaf(w.merchant_id, w.book)
    FROM (
        SELECT m AS merchant_id,
               v_books[1 + (('x' || left(encode(sha256(convert_to(m, 'UTF8')), 'hex'), 15))::bit(60)::bigint % cardinality(v_books))] AS book
        FROM (SELECT DISTINCT m FROM unnest(p_merchants) AS m ORDER BY m) AS wanted
    ) AS w
    ON CONFLICT (merchant_id) DO NOTHING;
END
$$;

-- Raises the epoch after a restore: later positions will be given to other events, so older tokens must be refused.
CREATE FUNCTION log.raise_epoch() RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM log.raise_identity(1, 0);
END
$$;
