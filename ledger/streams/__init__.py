"""Streams: folds of events into the state that decisions rest on. They decide nothing."""
