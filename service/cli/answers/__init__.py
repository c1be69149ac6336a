"""Answers for people: what of an answer is printed as a table and as CSV, where the table alone does not say it."""
