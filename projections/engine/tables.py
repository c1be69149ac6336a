"""Tables of views: every key starts with the book, and every row holds the position that last changed it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, Table, Text, func, text

SCHEMA = "views"


class ViewTable:
    """A table as a projection declares it. The engine makes one for each generation.

    `kept` rows have a key and change; a deleted one stays, marked `deleted`. `appended` rows are written once, with
    `position` in their key. Text columns are never null: '' means unknown. `word_indexes` are columns of words between
    spaces, found by any of their words (`with_words`).
    """

    def __init__(
        self,
        name: str,
        columns: Sequence[Column[Any]],
        indexes: Sequence[tuple[str, ...]],
        *,
        appended: bool,
        word_indexes: Sequence[str] = (),
    ):
        for column in columns:
            if isinstance(column.type, Text):
                column.nullable = False
        self.name = name
        self.appended = appended
        self.word_indexes = (*word_indexes,)
        self.indexes = (*indexes,) if appended else (*indexes, ("changed_at_position",))
        self.shape = Table(name, MetaData(schema=SCHEMA), *columns)
        self.columns = tuple(column.name for column in columns)
        indexed = {name for index in self.indexes for name in index}
        self.indexed_texts = tuple(
            number
            for number, column in enumerate(columns)
            if isinstance(column.type, Text) and (column.primary_key or column.name in indexed)
        )
        self.key = tuple(column.name for column in columns[1:] if column.primary_key)  # without the book

    @property
    def changed_by(self) -> str:
        """The column with the position of the last change."""
        return "position" if self.appended else "changed_at_position"

    def stored_name(self, version: int, generation: int) -> str:
        return f"{self.name}_v{version}_g{generation}"

    def at(self, version: int, generation: int) -> Table:
        """Returns the SQLAlchemy table of one generation."""
        name = self.stored_name(version, generation)
        table = self.shape.to_metadata(MetaData(schema=SCHEMA), name=name)
        # short index names, because a suffix is added on several nodes
        for number, columns in enumerate(self.indexes, 1):
            Index(f"{name}_by_{number}", *(table.c[column] for column in ("book", *columns)))
        for number, words in enumerate(self.word_indexes, 1):
            Index(f"{name}_words_{number}", func.string_to_array(table.c[words], text("' '")), postgresql_using="gin")
        return table


def with_words(column: str, parameter: str) -> str:
    """Returns the SQL condition for rows with all words of an array, as the index of the column finds them.

    The index needs no extension of the database, such as `pg_trgm`, and so no rights to create one.
    """
    return f"string_to_array({column}, ' ') @> CAST(:{parameter} AS text[])"


def kept_table(
    name: str, *columns: Column[Any], indexes: Sequence[tuple[str, ...]] = (), word_indexes: Sequence[str] = ()
) -> ViewTable:
    """Declares a table whose rows change. Its key and all its indexes but those of words start with `book`."""
    book: Column[Any] = Column("book", Integer, primary_key=True, autoincrement=False)
    changed_at: Column[Any] = Column("changed_at_position", BigInteger, nullable=False)
    deleted: Column[Any] = Column("deleted", Boolean, nullable=False)
    return ViewTable(name, (book, *columns, changed_at, deleted), indexes, appended=False, word_indexes=word_indexes)


def appended_table(name: str, *columns: Column[Any], indexes: Sequence[tuple[str, ...]] = ()) -> ViewTable:
    """Declares a table whose rows are written once.

    Its key is `(book, position, …)` and the key columns of `columns`.
    """
    book: Column[Any] = Column("book", Integer, primary_key=True, autoincrement=False)
    position: Column[Any] = Column("position", BigInteger, primary_key=True, autoincrement=False)
    return ViewTable(name, (book, position, *columns), indexes, appended=True)
