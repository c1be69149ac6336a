"""Proposals: one person proposes a command, and another approves or rejects it."""
