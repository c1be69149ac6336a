"""What the tests stand on: servers, databases, clocks and shared data."""
