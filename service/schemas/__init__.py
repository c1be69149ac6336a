"""JSON Schemas of events, rows of views, commands and answers: made from the code, kept as files, and served."""
