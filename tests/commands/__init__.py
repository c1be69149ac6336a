"""Decisions: given what happened, when a command, then events or a refusal."""
