"""The timers of the running service, each with one task."""
