"""Tests of traces and of the log."""
