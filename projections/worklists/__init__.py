"""Read models for people's work lists, and for timers."""
