"""Limits of questions, the same at every entrance."""

MOST_ROWS = 1_000_000  # at a time; of a page over HTTP, `MOST_ROWS_OF_A_PAGE`
MOST_ROWS_OF_A_PAGE = 1_000
LONGEST_GRACE_DAYS = 3_660  # days that providers and banks may have to report an item
