"""Effects and loop items that two people set aside, and take back."""
