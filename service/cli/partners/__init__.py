"""Commands about partners' files and instructions."""
