"""Commands about access accounts and tokens."""
