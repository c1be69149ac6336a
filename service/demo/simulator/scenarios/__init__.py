"""The scenarios of one order: each is a function that yields its steps in order of time."""
