"""Tests of the relay, on real NATS servers."""
