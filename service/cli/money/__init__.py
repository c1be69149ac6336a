"""Commands about merchants' money."""
