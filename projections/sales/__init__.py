"""What was sold, and through which channel."""
