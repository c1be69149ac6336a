"""Tests of service.questions."""
