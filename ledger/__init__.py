"""The core: events, streams, the journal, policies and the append-only log."""
