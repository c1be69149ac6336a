"""A book whose server is lost, for tests: each statement that comes to one of its rows fails as on a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2

# Row security meets every statement of the application. The log's functions act as the owner: they lock the head first.
_APPENDS = """
CREATE FUNCTION public.at_hand(book integer) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF book = {book} THEN
        RAISE EXCEPTION USING ERRCODE = '{sqlstate}', MESSAGE = 'raised by a test: the server is lost';
    END IF;
    RETURN true;
END $$;
CREATE FUNCTION public.expect_at_hand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public.at_hand(NEW.book);
    RETURN NEW;
END $$;
CREATE TRIGGER at_hand BEFORE UPDATE ON log.heads FOR EACH ROW EXECUTE FUNCTION public.expect_at_hand();
"""
_STATEMENTS = """
DO $$
DECLARE
    found regclass;
BEGIN
    FOR found IN
        SELECT attrelid FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
        WHERE attname = 'book' AND c.relkind = 'r'
          AND c.relnamespace::regnamespace::text IN ('log', 'delivery', 'views')
          AND c.oid <> 'log.directory'::regclass -- the same on every server
          AND (NOT {folds} OR c.relnamespace <> 'views'::regnamespace OR c.relname = 'checkpoints')
    LOOP
        EXECUTE format('CREATE POLICY at_hand ON %s USING (at_hand(book)) WITH CHECK (at_hand(book))', found);
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', found);
    END LOOP;
END $$;
"""
_BACK = """
DO $$
DECLARE
    found regclass;
BEGIN
    FOR found IN SELECT polrelid FROM pg_policy WHERE polname = 'at_hand' LOOP
        EXECUTE format('DROP POLICY at_hand ON %s', found);
        EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY', found);
    END LOOP;
END $$;
DROP TRIGGER at_hand ON log.heads;
DROP FUNCTION public.expect_at_hand, public.at_hand;
"""


@contextmanager
def lost(url: str, book: int, *, sqlstate: str = "08006", reads: bool = True, folds: bool = False) -> Iterator[None]:
    """The server of the book is lost in the block, and back afterwards.

    Without `reads` only appends meet it. With `folds` the rows of views stay: they are copied in, which no table under
    row security takes.
    """
    _execute(url, (_APPENDS + _STATEMENTS * reads).format(book=book, sqlstate=sqlstate, folds=folds))
    try:
        yield
    finally:
        _execute(url, _BACK)


def _execute(url: str, statement: str) -> None:
    with closing(psycopg2.connect(url.replace("+psycopg2", ""))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
