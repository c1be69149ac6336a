"""Support of the tests: servers, databases, clocks and shared data."""
