"""Tests of commands.bus."""
