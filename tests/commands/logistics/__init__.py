"""Tests of commands.logistics."""
