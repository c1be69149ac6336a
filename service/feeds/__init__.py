"""Feeds: the log and the views as streams that other services follow."""
