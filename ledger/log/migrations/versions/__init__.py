"""The revisions of the log, forward only: a published one is never edited."""
