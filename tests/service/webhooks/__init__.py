"""Tests of webhooks to subscribers, on endpoints of the loopback."""
