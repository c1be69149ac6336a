"""What can become of one order: a function a scenario, each yielding its steps in time."""
